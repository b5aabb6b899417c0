from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stockfeed.verify.bucket import check_bucket, landed_end, waiting
from stockfeed.verify.facts import LandedObject, PartitionFacts, Window
from stockfeed.verify.findings import Kind


@pytest.fixture
def kinds(window: Window) -> Callable[..., list[Kind]]:
    return lambda facts, within=window: [found.kind for found in check_bucket(facts, within)]


def test_finds_nothing_if_all_loaded_objects_are_there(
    complete: PartitionFacts, kinds: Callable[..., list[Kind]]
) -> None:
    assert kinds(complete) == []
    assert waiting(complete) == []
    assert landed_end(complete) == 40


def test_finds_a_missing_object_unless_retention_may_have_removed_it(
    complete: PartitionFacts, kinds: Callable[..., list[Kind]], window: Window
) -> None:
    facts = replace(complete, objects=complete.objects[1:])
    assert kinds(facts) == [Kind.MISSING_OBJECT]
    for second, expected in ((501, []), (500, [Kind.MISSING_OBJECT])):
        kept_since = datetime.fromtimestamp(second, UTC)
        assert kinds(facts, replace(window, kept_since=kept_since)) == expected


def test_finds_a_changed_etag(complete: PartitionFacts, kinds: Callable[..., list[Kind]]) -> None:
    other = replace(complete.objects[2], etag="other")
    assert kinds(
        replace(complete, objects=(*complete.objects[:2], other, complete.objects[3]))
    ) == [Kind.CHANGED_OBJECT]


@pytest.mark.parametrize(
    ("number", "second", "expected"),
    [
        (4, 950, []),
        (4, 900, []),
        (4, 899, [Kind.NOT_LOADED]),
        (5, 950, [Kind.GAP]),
        (5, 500, [Kind.GAP, Kind.NOT_LOADED]),
    ],
)
def test_finds_an_unloaded_object_once_it_is_settled(
    complete: PartitionFacts,
    kinds: Callable[..., list[Kind]],
    make_landed: Callable[..., LandedObject],
    number: int,
    second: int,
    expected: list[Kind],
) -> None:
    facts = replace(complete, objects=(*complete.objects, make_landed(number, second)))
    assert kinds(facts) == expected
    assert len(waiting(facts)) == 1
    assert landed_end(facts) == 10 * number + 10


@pytest.mark.parametrize(("previous", "expected"), [(None, []), (30, [Kind.GAP])])
def test_unloaded_chain_must_begin_with_its_first_object(
    complete: PartitionFacts,
    kinds: Callable[..., list[Kind]],
    make_landed: Callable[..., LandedObject],
    previous: int | None,
    expected: list[Kind],
) -> None:
    first = make_landed(4, 950)
    assert first.metadata is not None
    first = replace(first, metadata=replace(first.metadata, previous=previous))
    facts = replace(complete, head=None, intervals=(), objects=(first, make_landed(5, 950)))
    assert kinds(facts) == expected


def test_finds_an_overlap_among_waiting_objects(
    complete: PartitionFacts,
    kinds: Callable[..., list[Kind]],
    make_landed: Callable[..., LandedObject],
) -> None:
    objects = [make_landed(4, 950, end=54), make_landed(5, 950), make_landed(6, 950)]
    assert kinds(replace(complete, objects=(*complete.objects, *objects))) == [Kind.OVERLAP]


def test_finds_an_object_that_the_loader_passed(
    complete: PartitionFacts,
    kinds: Callable[..., list[Kind]],
    make_landed: Callable[..., LandedObject],
) -> None:
    facts = replace(
        complete,
        intervals=(complete.intervals[0], *complete.intervals[2:]),
        objects=(complete.objects[0], make_landed(1), *complete.objects[2:]),
    )
    assert kinds(facts) == [Kind.NOT_LOADED]


def test_finds_an_overlap_with_a_loaded_object(
    complete: PartitionFacts,
    kinds: Callable[..., list[Kind]],
    make_landed: Callable[..., LandedObject],
) -> None:
    beside = replace(make_landed(1, 950), key=complete.chain.key(12), start=12)
    assert kinds(replace(complete, objects=(*complete.objects, beside))) == [Kind.OVERLAP]


def test_finds_lost_offsets_before_they_are_loaded(
    complete: PartitionFacts,
    kinds: Callable[..., list[Kind]],
    make_landed: Callable[..., LandedObject],
) -> None:
    landed = make_landed(4)
    assert landed.metadata is not None
    lost = replace(landed.metadata, lost=10, records=0, first_timestamp=None, last_timestamp=None)
    objects = (*complete.objects, replace(landed, metadata=lost))
    assert kinds(replace(complete, objects=objects)) == [Kind.LOST, Kind.NOT_LOADED]


def test_unloaded_chain_may_start_at_any_offset(
    complete: PartitionFacts,
    kinds: Callable[..., list[Kind]],
    make_landed: Callable[..., LandedObject],
) -> None:
    objects = (make_landed(7, 950), make_landed(8, 950))
    facts = replace(complete, head=None, intervals=(), objects=objects)
    assert kinds(facts) == []
