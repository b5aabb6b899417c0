"""The bucket: lists a chain's objects, and compares them with the ledger."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import takewhile

from stockfeed.contract.objects import (
    BadKeyError,
    BatchMetadata,
    Chain,
)
from stockfeed.contract.times import to_milliseconds
from stockfeed.errors import TransientError
from stockfeed.objectstore import ObjectStore, StoredObject
from stockfeed.rawzone import list_chains, list_objects
from stockfeed.verify.facts import Interval, LandedObject, PartitionFacts, Window
from stockfeed.verify.findings import Finding, Kind


@dataclass(frozen=True, slots=True)
class Span:
    """The objects of a chain to list.

    Attributes:
        start: list from the object that starts at this offset; None for all.
        last: list up to the object that starts at this offset; None for all.
        known: keys of objects whose metadata is not needed, because the ledger has it.
    """

    start: int | None
    last: int | None
    known: Collection[str]


def read_chains(
    store: ObjectStore, feed: str, executor: Executor
) -> tuple[list[Chain], list[Finding]]:
    """Returns the feed's chains in the bucket, and a finding for each foreign prefix."""
    chains, foreign = list_chains(store, feed, executor)
    return chains, [
        Finding(Kind.FOREIGN_OBJECT, f"{prefix}: {error}") for prefix, error in foreign.items()
    ]


def read_objects(
    store: ObjectStore, chain: Chain, span: Span, executor: Executor
) -> tuple[list[LandedObject], list[Finding]]:
    """Returns a chain's objects, and a finding for each foreign one.

    It takes a request for each thousand objects, plus one for each that is not in `span.known`.

    Raises:
        TransientError, ConfigurationError: see ObjectStore.
    """
    stored = list_objects(store, chain, span.start)
    if span.last is not None:
        last = chain.key(span.last)
        stored = takewhile(lambda found: found.key <= last, stored)
    found = list(executor.map(lambda row: _read(store, row, span.known), stored))
    return (
        [row for row in found if isinstance(row, LandedObject)],
        [row for row in found if isinstance(row, Finding)],
    )


def _read(
    store: ObjectStore, stored: StoredObject, known: Collection[str]
) -> LandedObject | Finding:
    try:
        _, start = Chain.parse(stored.key)
        if stored.key in known:
            return LandedObject(stored.key, stored.etag, start)
        head = store.head(stored.key)
        if head is None:
            raise TransientError(f"object {stored.key!r} was removed after it was listed")
        metadata = BatchMetadata.from_s3(stored.key, head.metadata)
    except BadKeyError as error:
        return Finding(Kind.FOREIGN_OBJECT, str(error))
    return LandedObject(stored.key, stored.etag, start, metadata)


def check_bucket(facts: PartitionFacts, window: Window) -> Iterator[Finding]:
    """Yields missing and changed objects, and settled objects that were not loaded."""
    stored = {landed.key: landed for landed in facts.objects}
    for interval in facts.intervals:
        yield from _check_interval(interval, stored.get(interval.key), window)
    expected = None if facts.head is None else facts.head.end
    for landed in waiting(facts):
        if landed.metadata is None:
            continue
        if facts.head is not None and landed.start < facts.head.end:
            yield from _check_passed(landed, landed.metadata, facts.intervals)
        else:
            # If a chain was never loaded, only its first object's metadata shows that earlier ones
            # are missing.
            yield from _check_next(
                landed, landed.metadata.previous if expected is None else expected
            )
            expected = landed.metadata.end + 1
        yield from _check_waiting(landed, landed.metadata, window)


def waiting(facts: PartitionFacts) -> list[LandedObject]:
    """Returns the landed objects that are not in the ledger."""
    known = {interval.key for interval in facts.intervals}
    return [landed for landed in facts.objects if landed.key not in known]


def landed_end(facts: PartitionFacts) -> int | None:
    """Returns the offset after the last landed one; None if nothing was landed."""
    ends = [landed.metadata.end + 1 for landed in facts.objects if landed.metadata is not None]
    if facts.head is not None:
        ends.append(facts.head.end)
    return max(ends, default=None)


def _check_interval(
    interval: Interval, landed: LandedObject | None, window: Window
) -> Iterator[Finding]:
    if landed is None:
        if not _may_be_removed(interval, window):
            yield Finding(
                Kind.MISSING_OBJECT,
                f"{interval.key}: loaded with offsets {interval.start} to {interval.end}, but no "
                "longer in the bucket, so it cannot be replayed",
            )
    elif landed.etag != interval.etag:
        yield Finding(
            Kind.CHANGED_OBJECT,
            f"{interval.key}: its ETag is {landed.etag}, but was {interval.etag} when loaded",
        )


def _may_be_removed(interval: Interval, window: Window) -> bool:
    if window.kept_since is None:
        return False
    return interval.last_ms is None or interval.last_ms < to_milliseconds(window.kept_since)


def _check_passed(
    landed: LandedObject, metadata: BatchMetadata, intervals: Sequence[Interval]
) -> Iterator[Finding]:
    """Checks an object that is not in the ledger although later objects are."""
    for interval in intervals:
        if interval.start <= metadata.end and landed.start <= interval.end:
            yield _overlap(landed, interval.key)


def _check_next(landed: LandedObject, expected: int | None) -> Iterator[Finding]:
    if expected is not None and landed.start > expected:
        yield Finding(
            Kind.GAP,
            f"no object holds offsets {expected} to {landed.start - 1}; {landed.key} waits for "
            "them",
        )
    elif expected is not None and landed.start < expected:
        yield _overlap(landed, "the object before it")


def _overlap(landed: LandedObject, other: str) -> Finding:
    return Finding(
        Kind.OVERLAP, f"{landed.key} is not in the ledger, but claims offsets of {other}"
    )


def _check_waiting(
    landed: LandedObject, metadata: BatchMetadata, window: Window
) -> Iterator[Finding]:
    if metadata.lost:
        yield Finding(
            Kind.LOST,
            f"{landed.key}: Kafka's retention removed {metadata.lost} offsets before landing",
        )
    if metadata.last_timestamp is None or metadata.last_timestamp < to_milliseconds(window.settled):
        yield Finding(
            Kind.NOT_LOADED,
            f"{landed.key}: landed with offsets {landed.start} to {metadata.end}, but not loaded",
        )
