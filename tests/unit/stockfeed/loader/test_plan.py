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
    ("found", "behind", "loaded", "stopped_at", "failed"),
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
        "all, more behind",
        "a hole behind is the next batch's",
        "a hole",
        "a hole at the position",
        "an unreadable object",
        "an overlap among the found",
        "an overlap with what is listed behind",
    ],
)
def test_the_run_ends_where_the_chain_does(
    found: list[Piece | Stop],
    behind: int | None,
    loaded: list[Piece],
    stopped_at: str | None,
    failed: bool | None,
) -> None:
    run = follow(0, found, behind)

    assert list(run.pieces) == loaded
    assert (run.stop and run.stop.key) == stopped_at
    assert (run.stop and run.stop.failed) == failed


def test_an_overlap_names_both_objects_and_the_ways_out() -> None:
    stop = follow(0, [piece(0, 12), B], None).stop

    assert stop is not None
    assert stop.key == A.key
    assert B.key in stop.text
    assert f"--skip {A.key}" in stop.text


def test_an_object_that_starts_before_the_position_overlaps_what_is_loaded() -> None:
    stop = follow(15, [B], None).stop

    assert stop is not None
    assert stop.failed


chains = st.lists(st.integers(1, 50), min_size=1, max_size=30).map(
    lambda sizes: [piece(sum(sizes[:i]), sum(sizes[:i]) + size - 1) for i, size in enumerate(sizes)]
)


@given(chains, st.data())
def test_what_is_taken_is_gap_free_ordered_and_ends_at_the_first_hole(
    whole: list[Piece], data: st.DataObject
) -> None:
    visible = data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
    found = [piece for piece, seen in zip(whole, visible, strict=True) if seen]

    run = follow(0, found, None)

    first_hidden = visible.index(False) if False in visible else len(whole)
    assert list(run.pieces) == whole[:first_hidden]
    assert (run.stop is None) == (len(found) == first_hidden)


@given(chains, st.data())
def test_objects_that_appear_in_any_order_are_each_loaded_once_and_in_order(
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
def test_no_overlapping_object_is_ever_taken(whole: list[Piece], data: st.DataObject) -> None:
    victim = data.draw(st.integers(0, len(whole) - 1))
    first, last = whole[victim].start, whole[victim].metadata.end
    assume(last > first)
    start = data.draw(st.integers(first + 1, last))
    found = sorted([*whole, piece(start, start + 5)], key=lambda piece: piece.start)

    run = follow(0, found, None)

    assert list(run.pieces) == whole[:victim]
    assert run.stop is not None
    assert run.stop.failed


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
def test_what_another_loader_did_is_dropped(positions: dict[Chain, int], left: list[Piece]) -> None:
    assert list(trim([A, B, C], positions)) == left


def test_each_partition_is_trimmed_by_its_own_position() -> None:
    far = piece(0, 9, OTHER)

    assert list(trim([A, B, far], {CHAIN: 10})) == [B, far]


def test_a_rejected_file_takes_its_successors_with_it_and_nothing_else() -> None:
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
def test_metadata_that_contradicts_itself_is_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(BadKeyError, match="00000000000000000010"):
        Piece.read(Listed(CHAIN, 10, 100), "etag", metadata)


def test_a_gap_in_the_log_lies_inside_its_object() -> None:
    metadata = {"end-offset": "19", "record-count": "3", "error-count": "0"}

    assert Piece.read(Listed(CHAIN, 10, 100), "etag", metadata).next_offset == 20
