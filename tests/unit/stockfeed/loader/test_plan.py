from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stockfeed.contract.objects import BadKeyError, BatchMetadata, Chain
from stockfeed.loader.plan import Listed, Piece, Stop, follow, trim, without

CHAIN = Chain("us", "autos", "ab12", 3)
OTHER = replace(CHAIN, partition=4)


def piece(start: int, end: int, chain: Chain = CHAIN) -> Piece:
    return Piece(chain, start, 100, "etag", BatchMetadata(end, end - start + 1, 0, 1, 2))


A, B, C = piece(0, 9), piece(10, 19), piece(20, 29)
UNREADABLE = Stop(B.key, "no metadata")


@pytest.mark.parametrize(
    ("found", "next_start", "loaded", "stopped_at", "failed"),
    [
        ([], None, [], None, None),
        ([A, B, C], None, [A, B, C], None, None),
        ([A, B, C], 30, [A, B, C], None, None),
        ([A, B, C], 40, [A, B, C], None, None),
        ([A, C], None, [A], C.key, False),
        ([B], None, [], B.key, False),
        ([A, UNREADABLE, C], None, [A], B.key, True),
        ([A, piece(10, 24), C], None, [A], B.key, True),
        ([A, B], 15, [A], B.key, True),
    ],
    ids=[
        "nothing",
        "all",
        "all, more listed",
        "a gap after the batch",
        "a gap",
        "a gap at the position",
        "an unreadable object",
        "an overlap among the found",
        "an overlap with the next listed object",
    ],
)
def test_takes_objects_until_the_chain_breaks(
    found: list[Piece | Stop],
    next_start: int | None,
    loaded: list[Piece],
    stopped_at: str | None,
    failed: bool | None,
) -> None:
    loadable = follow(0, found, next_start)

    assert list(loadable.pieces) == loaded
    assert (loadable.stop and loadable.stop.key) == stopped_at
    assert (loadable.stop and loadable.stop.failed) == failed


def test_overlap_names_both_objects_and_the_skip_command() -> None:
    stop = follow(0, [piece(0, 12), B], None).stop

    assert stop is not None
    assert stop.key == A.key
    assert B.key in stop.text
    assert f"--skip {A.key}" in stop.text


def test_object_that_starts_before_the_position_is_an_overlap() -> None:
    stop = follow(15, [B], None).stop

    assert stop is not None
    assert stop.failed


chains = st.lists(st.integers(1, 50), min_size=1, max_size=30).map(
    lambda sizes: [piece(sum(sizes[:i]), sum(sizes[:i]) + size - 1) for i, size in enumerate(sizes)]
)


@given(chains, st.data())
def test_takes_exactly_the_objects_before_the_first_gap(
    whole: list[Piece], data: st.DataObject
) -> None:
    visible = data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
    found = [piece for piece, seen in zip(whole, visible, strict=True) if seen]

    loadable = follow(0, found, None)

    first_hidden = visible.index(False) if False in visible else len(whole)
    assert list(loadable.pieces) == whole[:first_hidden]
    assert (loadable.stop is None) == (len(found) == first_hidden)


@given(chains, st.data())
def test_loads_each_object_once_and_in_order_whatever_the_order_of_appearance(
    whole: list[Piece], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(whole))
    loaded: list[Piece] = []
    for seen in range(1, len(order) + 1):
        expected = loaded[-1].next_offset if loaded else 0
        visible = sorted(order[:seen], key=lambda piece: piece.start)
        new = [piece for piece in visible if piece.start >= expected]
        loaded += follow(expected, new, None).pieces

    assert loaded == whole


@given(chains, st.data())
def test_never_takes_an_overlapping_object(whole: list[Piece], data: st.DataObject) -> None:
    victim = data.draw(st.integers(0, len(whole) - 1))
    first, last = whole[victim].start, whole[victim].metadata.end
    assume(last > first)
    start = data.draw(st.integers(first + 1, last))
    found = sorted([*whole, piece(start, start + 5)], key=lambda piece: piece.start)

    loadable = follow(0, found, None)

    assert list(loadable.pieces) == whole[:victim]
    assert loadable.stop is not None
    assert loadable.stop.failed


@pytest.mark.parametrize(
    ("positions", "left"),
    [
        ({}, [A, B, C]),
        ({CHAIN: 0}, [A, B, C]),
        ({CHAIN: 10}, [B, C]),
        ({CHAIN: 30}, []),
        ({CHAIN: 50}, []),
        ({CHAIN: 15}, []),
        ({OTHER: 10}, [A, B, C]),
    ],
    ids=["new", "same", "some done", "all done", "more done", "no object's start", "of another"],
)
def test_trim_drops_what_another_loader_loaded(
    positions: dict[Chain, int], left: list[Piece]
) -> None:
    assert list(trim([A, B, C], positions)) == left


def test_trims_each_partition_by_its_own_position() -> None:
    far = piece(0, 9, OTHER)

    assert list(trim([A, B, far], {CHAIN: 10})) == [B, far]


def test_rejected_file_drops_itself_and_its_successors_only() -> None:
    far = piece(0, 9, OTHER)

    assert list(without([A, B, C, far], {B.key: "broken"})) == [A, far]


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"end-offset": "nine", "record-count": "5", "error-count": "0"},
        {"end-offset": "9", "record-count": "5", "error-count": "0"},
        {"end-offset": "19", "record-count": "11", "error-count": "0"},
        {"end-offset": "19", "record-count": "-1", "error-count": "0"},
        {"end-offset": "19", "record-count": "1", "error-count": "0", "lost": "10"},
    ],
    ids=["none", "no number", "end before start", "too many", "negative", "more lost than there"],
)
def test_refuses_contradictory_metadata(metadata: dict[str, str]) -> None:
    with pytest.raises(BadKeyError, match="00000000000000000010"):
        Piece.read(Listed(CHAIN, 10, 100), "etag", metadata)


def test_object_may_have_fewer_records_than_offsets() -> None:
    metadata = {"end-offset": "19", "record-count": "3", "error-count": "0"}

    assert Piece.read(Listed(CHAIN, 10, 100), "etag", metadata).next_offset == 20


def test_skipped_lines_do_not_count_as_records() -> None:
    metadata = BatchMetadata(9, 3, 0, 1, 2).to_s3()

    def records(*lines: int) -> int:
        listed = Listed(Chain("us", "autos", "ab12", 0), 0, 99, frozenset(lines))
        return Piece.read(listed, "etag", metadata).metadata.records

    assert (records(), records(2, 9)) == (3, 1)
    with pytest.raises(BadKeyError, match="fewer than the 4 lines to skip"):
        records(1, 2, 3, 4)
