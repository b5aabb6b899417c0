"""Whatever is broken in a complete partition, the verdict names that and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockfeed.verify.collect import Collected
from stockfeed.verify.facts import FileRows, Interval, LandedObject, PartitionFacts, Window
from stockfeed.verify.findings import Finding, Kind
from stockfeed.verify.verdict import judge, judge_partition

T = TypeVar("T")
D = TypeVar("D", Interval, LandedObject)


def without(values: tuple[T, ...], number: int) -> tuple[T, ...]:
    return tuple(value for place, value in enumerate(values) if place != number)


def changed(values: tuple[D, ...], number: int, **changes: Any) -> tuple[D, ...]:
    return tuple(
        replace(value, **changes) if place == number else value
        for place, value in enumerate(values)
    )


def files_with(
    facts: PartitionFacts, number: int, **changes: Any
) -> dict[tuple[str, int], FileRows]:
    found = facts.intervals[number]
    place = (found.key, found.batch_seq)
    return {**facts.files, place: replace(facts.files[place], **changes)}


def lose_row(facts: PartitionFacts, number: int) -> PartitionFacts:
    return replace(facts, files=files_with(facts, number, rows=9, offsets=9))


def repeat_row(facts: PartitionFacts, number: int) -> PartitionFacts:
    return replace(facts, files=files_with(facts, number, rows=11))


def lose_object(facts: PartitionFacts, number: int) -> PartitionFacts:
    return replace(facts, objects=without(facts.objects, number))


def change_object(facts: PartitionFacts, number: int) -> PartitionFacts:
    return replace(facts, objects=changed(facts.objects, number, etag="other"))


def overlap(facts: PartitionFacts, number: int) -> PartitionFacts:
    """Extends an object by one offset into the next one, so raw has eleven rows of it."""
    reaching = facts.intervals[number].end + 1
    intervals = changed(facts.intervals, number, end=reaching, rows=11)
    found = intervals[number]
    rows = FileRows(11, 1, 11, found.start, reaching)
    return replace(
        facts, intervals=intervals, files={**facts.files, (found.key, found.batch_seq): rows}
    )


def remove_interval(facts: PartitionFacts, number: int) -> PartitionFacts:
    """Removes an object and its row in the ledger."""
    intervals = without(facts.intervals, number)
    return replace(facts, intervals=intervals, objects=without(facts.objects, number))


BREAKS = {
    lose_row: Kind.ROW_COUNT,
    repeat_row: Kind.DUPLICATE_ROWS,
    lose_object: Kind.MISSING_OBJECT,
    change_object: Kind.CHANGED_OBJECT,
    overlap: Kind.OVERLAP,
    remove_interval: Kind.GAP,
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(count=st.integers(3, 12), data=st.data())
def test_finds_every_break_and_nothing_else(
    make_facts: Callable[[list[Interval]], PartitionFacts],
    make_interval: Callable[..., Interval],
    window: Window,
    count: int,
    data: st.DataObject,
) -> None:
    facts: PartitionFacts = make_facts([make_interval(number) for number in range(count)])
    assert judge_partition(facts, window).findings == ()
    # A break at an end would look like the end of the range.
    number = data.draw(st.integers(1, count - 2))
    act = data.draw(st.sampled_from(sorted(BREAKS, key=lambda act: act.__name__)))
    findings = judge_partition(act(facts, number), window).findings
    assert [found.kind for found in findings] == [BREAKS[act]]
    assert str(number * 10) in findings[0].text


def test_complete_feed_is_complete(complete: PartitionFacts, window: Window) -> None:
    verdict = judge("us", window, Collected([complete], []))
    assert verdict.complete
    assert len(verdict.partitions) == 1


def test_data_in_transit_is_not_missing(
    complete: PartitionFacts, window: Window, make_landed: Callable[..., LandedObject]
) -> None:
    assert complete.broker_log is not None
    assert complete.silver is not None
    facts = replace(
        complete,
        objects=(*complete.objects, make_landed(4, 950)),
        broker_log=replace(complete.broker_log, high=55, end=55),
        silver=replace(complete.silver, unbuilt=3),
    )
    verdict = judge("us", window, Collected([facts], []))
    (part,) = verdict.partitions
    assert verdict.complete
    assert (part.unlanded, part.unloaded, part.unbuilt) == (5, 1, 3)


@pytest.mark.parametrize("of_partition", [True, False])
def test_any_finding_makes_the_feed_incomplete(
    complete: PartitionFacts, window: Window, of_partition: bool
) -> None:
    facts = lose_object(complete, 1) if of_partition else complete
    findings = [] if of_partition else [Finding(Kind.GOLD, "F: a candle")]
    assert not judge("us", window, Collected([facts], findings)).complete


def test_omits_partitions_without_data_in_the_range(
    complete: PartitionFacts, window: Window
) -> None:
    rest = replace(complete, intervals=(), objects=(), files={}, silver=None)
    assert judge("us", window, Collected([rest], [])).partitions == ()
