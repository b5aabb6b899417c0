"""What was read from each stage, before anything is compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stockfeed.contract.objects import BatchMetadata, Chain


@dataclass(frozen=True, slots=True)
class Window:
    """The time range to verify.

    Attributes:
        start: the earliest poll time, with a time zone.
        end: the end of the poll times, exclusive.
        settled: everything polled before this time must have arrived; what was polled later may
            still be in transit.
        kept_since: the bucket's lifecycle rules may have removed objects whose messages are older;
            None if objects are kept forever.
    """

    start: datetime
    end: datetime
    settled: datetime
    kept_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A row of the ledger: one object that was loaded or skipped.

    Attributes:
        key: the object's key.
        etag: the object's ETag when it was loaded.
        start: the first offset of the interval.
        end: the last offset of the interval.
        rows: the rows loaded from the object.
        errors: the error lines among them.
        lost: offsets that Kafka's retention had removed before they were landed.
        last_ms: the last message's timestamp in Unix milliseconds; None without messages.
        batch_seq: the number of the batch that loaded it.
        skip_reason: why somebody skipped it; None if it was loaded.
    """

    key: str
    etag: str
    start: int
    end: int
    rows: int
    errors: int
    lost: int
    last_ms: int | None
    batch_seq: int
    skip_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """How far a partition was loaded, over its entire history.

    Attributes:
        first: the first offset ever loaded.
        end: the next offset according to LOAD_LEDGER.
        position: the next offset according to LOAD_POSITION; None if it has no row.
    """

    first: int
    end: int
    position: int | None


@dataclass(frozen=True, slots=True)
class LandedObject:
    """An object in the bucket; its metadata is read only if the object is not in the ledger."""

    key: str
    etag: str
    start: int
    metadata: BatchMetadata | None = None


@dataclass(frozen=True, slots=True)
class FileRows:
    """An object's rows in raw: their number, error lines, distinct offsets, and offset bounds."""

    rows: int
    errors: int
    offsets: int
    lowest: int | None
    highest: int | None


@dataclass(frozen=True, slots=True)
class BrokerLog:
    """The log of one partition in Kafka.

    Attributes:
        topic: the topic's name.
        low: the first offset that is still there.
        high: the next offset to be written.
        due: messages before this offset must be landed: they are settled, and in the window.
        end: messages before this offset are in the window.
        managed: whether the operator created the topic, so that its messages are the feed's from
            offset 0 on.
    """

    topic: str
    low: int
    high: int
    due: int
    end: int
    managed: bool = False


@dataclass(frozen=True, slots=True)
class SilverRows:
    """A partition's rows of bronze in the range, counted by their state in silver.

    Attributes:
        lines: all rows.
        bad: rows that silver leaves out for the reason that bronze names.
        silver: good rows whose quote is in silver, and whose poll time silver has seen.
        unbuilt: good rows that are newer than the last build.
        late: the settled ones among the unbuilt rows.
        missing: good rows that a build has processed, but whose quote is not in silver.
        repeated: good rows whose quote is in silver more than once.
        unseen: good rows whose poll is outside the quote's FIRST_SEEN_AT and LAST_SEEN_AT.
        example: the offset of a missing, repeated or unseen row.
    """

    lines: int = 0
    bad: int = 0
    silver: int = 0
    unbuilt: int = 0
    late: int = 0
    missing: int = 0
    repeated: int = 0
    unseen: int = 0
    example: int | None = None


@dataclass(frozen=True, slots=True)
class PartitionFacts:
    """Everything that was read of one partition of one topic.

    Attributes:
        chain: the partition.
        head: how far it was loaded; None if it never was.
        intervals: the ledger's rows in the window, plus one row at either end, by start.
        is_tail: whether these are the ledger's last rows.
        objects: the bucket's objects from the first interval on, by key.
        files: the rows in raw by object key and batch number.
        broker_log: None if Kafka was not queried, or the topic no longer exists.
        silver: None if silver was not queried.
        is_landed: whether the bucket has any object from the first interval on, even outside the
            window.
    """

    chain: Chain
    head: Head | None = None
    intervals: tuple[Interval, ...] = ()
    is_tail: bool = True
    objects: tuple[LandedObject, ...] = ()
    files: Mapping[tuple[str, int], FileRows] = field(default_factory=dict)
    broker_log: BrokerLog | None = None
    silver: SilverRows | None = None
    is_landed: bool = False
