from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from stockfeed.consumer.batch import Buffer, lost_batch

# Offsets with gaps, some of them errors.
messages = st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=40)


@dataclass
class Message:
    at: int

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes:
        return b"{}"

    def timestamp(self) -> tuple[int, int]:
        return (1, 1000 + self.at)


def filled(start: int, steps: list[tuple[int, bool]]) -> tuple[Buffer, list[int]]:
    buffer, offsets, offset = Buffer(start), [], start - 1
    for step, _ in steps:
        offset += step
        offsets.append(offset)
    events = dict(zip(offsets, (is_event for _, is_event in steps), strict=True))
    buffer.extend(map(Message, offsets), lambda _, at, __: (b"%d\n" % at, events[at]))
    return buffer, offsets


@given(messages, st.integers(0, 100), st.integers(1, 30))
def test_cuts_form_a_chain_that_contains_every_message_once(
    steps: list[tuple[int, bool]], start: int, size: int
) -> None:
    buffer, offsets = filled(start, steps)
    seen: list[int] = []
    following = start
    while len(buffer):
        batch = buffer.cut(size)
        assert batch.start == following
        assert len(batch.lines) == 1 or sum(map(len, batch.lines)) <= size
        assert batch.end == batch.offsets[-1]
        seen += batch.offsets
        following = batch.end + 1
    assert seen == offsets
    assert buffer.size == 0


@given(messages, st.integers(1, 40))
def test_batch_contains_the_error_offsets_of_its_interval(
    steps: list[tuple[int, bool]], size: int
) -> None:
    buffer, offsets = filled(0, steps)
    errors = [offset for offset, (_, ok) in zip(offsets, steps, strict=True) if not ok]
    batch = buffer.cut(size)
    assert list(batch.error_offsets) == [offset for offset in errors if offset <= batch.end]
    assert batch.metadata.errors == len(batch.error_offsets)


@given(messages, st.integers(1, 40), st.integers(0, 200))
def test_keeps_only_unlanded_messages_after_a_shorter_conflict(
    steps: list[tuple[int, bool]], size: int, landed: int
) -> None:
    buffer, offsets = filled(0, steps)
    batch = buffer.cut(size)
    landed = min(landed, batch.end)
    buffer.put_back(batch)
    buffer.skip_to(landed + 1)
    remaining = [offset for offset in offsets if offset > landed]
    assert buffer.start == landed + 1
    assert len(buffer) == len(remaining)
    assert buffer.size == sum(len(b"%d\n" % offset) for offset in remaining)
    assert buffer.expected == offsets[-1] + 1
    if remaining:
        assert list(buffer.cut(10**6).offsets) == remaining


def test_skipping_ahead_of_the_buffer_raises_the_expected_offset() -> None:
    buffer, _ = filled(0, [(1, True)] * 3)
    buffer.skip_to(50)
    assert (len(buffer), buffer.start, buffer.expected) == (0, 50, 50)


def test_metadata_has_the_first_and_last_timestamps() -> None:
    buffer, _ = filled(10, [(3, True), (1, False)])
    metadata = buffer.cut(10**6).metadata
    assert (metadata.end, metadata.records, metadata.errors) == (13, 2, 1)
    assert (metadata.first_timestamp, metadata.last_timestamp, metadata.lost) == (1012, 1013, 0)


def test_lost_batch_covers_the_deleted_offsets() -> None:
    batch = lost_batch(5, 9, 0)
    assert (batch.start, batch.end, batch.lost) == (5, 8, 4)
    assert batch.metadata.to_s3() == {
        "end-offset": "8",
        "record-count": "0",
        "error-count": "0",
        "lost": "4",
        "previous-start": "0",
    }


def test_skips_messages_below_the_expected_offset() -> None:
    buffer = Buffer(10)
    records = map(Message, (8, 9, 10, 12))
    assert buffer.extend(records, lambda _, at, __: (b"%d\n" % at, at == 10)) == 1
    assert (len(buffer), buffer.expected, buffer.size) == (2, 13, 6)
    assert list(buffer.cut(99).offsets) == [10, 12]
