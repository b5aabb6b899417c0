"""A complete partition, for tests to break in one place."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.verify.facts import (
    BrokerLog,
    FileRows,
    Head,
    Interval,
    LandedObject,
    PartitionFacts,
    SilverRows,
    Window,
)

CHAIN = Chain("us", "autos", "a" * 32, 1)
SIZE = 10
SECOND = 1000


@pytest.fixture
def window() -> Window:
    """From 100 s to 1,000 s after the epoch; settled before 900 s."""
    return Window(*(datetime.fromtimestamp(second, UTC) for second in (100, 1000, 900)))


def interval(number: int, last_second: int = 500) -> Interval:
    start = number * SIZE
    return Interval(
        key=CHAIN.key(start),
        etag=f"etag-{number}",
        start=start,
        end=start + SIZE - 1,
        rows=SIZE,
        errors=1,
        lost=0,
        last_ms=last_second * SECOND,
        batch_seq=number + 1,
    )


def landed(number: int, last_second: int = 500, end: int | None = None) -> LandedObject:
    """Creates an object that is not in the ledger."""
    start = number * SIZE
    at = last_second * SECOND
    metadata = BatchMetadata(start + SIZE - 1 if end is None else end, SIZE, 0, at - 1, at)
    return LandedObject(CHAIN.key(start), f"etag-{number}", start, metadata)


def facts_of(intervals: list[Interval]) -> PartitionFacts:
    """Creates the facts of a complete partition with these intervals."""
    end = intervals[-1].end + 1
    rows = sum(found.rows for found in intervals)
    return PartitionFacts(
        CHAIN,
        Head(first=intervals[0].start, end=end, position=end),
        tuple(intervals),
        True,
        tuple(LandedObject(found.key, found.etag, found.start) for found in intervals),
        {
            (found.key, found.batch_seq): FileRows(
                found.rows, found.errors, found.rows, found.start, found.end
            )
            for found in intervals
        },
        BrokerLog("quotes", low=0, high=end, due=end, end=end),
        SilverRows(lines=rows, bad=len(intervals), silver=rows - len(intervals)),
    )


@pytest.fixture
def complete() -> PartitionFacts:
    """Four objects of ten rows, an error line in each."""
    return facts_of([interval(number) for number in range(4)])


@pytest.fixture
def make_interval() -> Callable[..., Interval]:
    return interval


@pytest.fixture
def make_landed() -> Callable[..., LandedObject]:
    return landed


@pytest.fixture
def make_facts() -> Callable[[list[Interval]], PartitionFacts]:
    return facts_of
