"""The bucket: lists a chain's objects, and compares them with the ledger."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain as concatenated
from itertools import takewhile

from stockfeed.contract.objects import (
    OFFSET_DIGITS,
    SUFFIX,
    BadKeyError,
    BatchMetadata,
    Chain,
    feed_prefix,
)
from stockfeed.contract.times import to_milliseconds
from stockfeed.errors import TransientError
from stockfeed.objectstore import ObjectStore, StoredObject
from stockfeed.verify.facts import Interval, LandedObject, PartitionFacts, Window
from stockfeed.verify.findings import Finding, Kind

_LEVELS = ("group", "topic", "partition")


@dataclass(frozen=True, slots=True)
class Span:
    """What to list of a chain.

    Attributes:
        start: from the object that starts here on; None is all.
        last: up to the object that starts here; None is all.
        known: keys whose metadata the ledger has.
    """

    start: int | None
    last: int | None
    known: Collection[str]


def read_chains(
    store: ObjectStore, feed: str, executor: Executor
) -> tuple[list[Chain], list[Finding]]:
    """The chains that the bucket holds; requests go with their number, not with their length."""
    prefixes = [feed_prefix(feed)]
    for _ in _LEVELS:
        below = executor.map(lambda prefix: list(store.list_prefixes(prefix)), prefixes)
        prefixes = list(concatenated.from_iterable(below))
    chains: list[Chain] = []
    foreign: list[Finding] = []
    for prefix in prefixes:
        try:
            chains.append(Chain.parse(f"{prefix}{0:0{OFFSET_DIGITS}d}{SUFFIX}")[0])
        except BadKeyError as error:
            foreign.append(Finding(Kind.FOREIGN_OBJECT, f"{prefix}: {error}"))
    return chains, foreign


def read_objects(
    store: ObjectStore, chain: Chain, span: Span, executor: Executor
) -> tuple[list[LandedObject], list[Finding]]:
    """A chain's objects; one request for each thousand, and one for each that is not known.

    Raises:
        TransientError, ConfigurationError: as ObjectStore says.
    """
    # The object that starts exactly there must be seen, so the bound lies one before.
    bound = chain.key(span.start - 1) if span.start else ""
    stored = store.list(chain.prefix, bound)
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
            raise TransientError(f"object {stored.key!r} was listed and is not found now")
        metadata = BatchMetadata.from_s3(stored.key, head.metadata)
    except BadKeyError as error:
        return Finding(Kind.FOREIGN_OBJECT, str(error))
    return LandedObject(stored.key, stored.etag, start, metadata)


def check_bucket(facts: PartitionFacts, window: Window) -> Iterator[Finding]:
    """Objects that are missing or changed, and settled ones that were not loaded."""
    stored = {landed.key: landed for landed in facts.objects}
    for interval in facts.intervals:
        yield from _check_interval(interval, stored.get(interval.key), window)
    expected = None if facts.head is None else facts.head.end
    for landed in waiting(facts):
        if landed.metadata is None:
            continue
        if facts.head is not None and landed.start < facts.head.end:
            yield from _check_beside(landed, landed.metadata, facts.intervals)
        else:
            # Of a chain that was never loaded, only its first object tells that others are gone.
            yield from _check_next(
                landed, landed.metadata.previous if expected is None else expected
            )
            expected = landed.metadata.end + 1
        yield from _check_waiting(landed, landed.metadata, window)


def waiting(facts: PartitionFacts) -> list[LandedObject]:
    """Objects that are landed and not in the ledger."""
    known = {interval.key for interval in facts.intervals}
    return [landed for landed in facts.objects if landed.key not in known]


def landed_end(facts: PartitionFacts) -> int | None:
    """The offset behind the last object; None where nothing was landed."""
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
                f"{interval.key}: loaded with offsets {interval.start} to {interval.end}, but the "
                "bucket does not have it; a replay cannot bring it again",
            )
    elif landed.etag != interval.etag:
        yield Finding(
            Kind.CHANGED_OBJECT,
            f"{interval.key}: its ETag is {landed.etag}, the ledger loaded {interval.etag}",
        )


def _may_be_removed(interval: Interval, window: Window) -> bool:
    if window.kept_since is None:
        return False
    return interval.last_ms is None or interval.last_ms < to_milliseconds(window.kept_since)


def _check_beside(
    landed: LandedObject, metadata: BatchMetadata, intervals: Sequence[Interval]
) -> Iterator[Finding]:
    """An object that the loader has passed, though it is not in the ledger."""
    for interval in intervals:
        if interval.start <= metadata.end and landed.start <= interval.end:
            yield _overlap(landed, interval.key)


def _check_next(landed: LandedObject, expected: int | None) -> Iterator[Finding]:
    if expected is not None and landed.start > expected:
        yield Finding(
            Kind.GAP,
            f"no object holds offsets {expected} to {landed.start - 1}; {landed.key} waits behind "
            "them",
        )
    elif expected is not None and landed.start < expected:
        yield _overlap(landed, "the object before it")


def _overlap(landed: LandedObject, other: str) -> Finding:
    return Finding(Kind.OVERLAP, f"{landed.key} is not in the ledger and claims offsets of {other}")


def _check_waiting(
    landed: LandedObject, metadata: BatchMetadata, window: Window
) -> Iterator[Finding]:
    if metadata.lost:
        yield Finding(
            Kind.LOST, f"{landed.key}: {metadata.lost} offsets were removed by Kafka's retention"
        )
    if metadata.last_timestamp is None or metadata.last_timestamp < to_milliseconds(window.settled):
        yield Finding(
            Kind.NOT_LOADED,
            f"{landed.key}: landed with offsets {landed.start} to {metadata.end} and not loaded",
        )
