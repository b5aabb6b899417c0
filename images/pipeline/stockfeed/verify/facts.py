"""What was read of each stage, before anything is compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stockfeed.contract.objects import BatchMetadata, Chain


@dataclass(frozen=True, slots=True)
class Window:
    """The range that is looked at.

    Attributes:
        start: of the poll times, with a time zone.
        end: likewise; no part of the range.
        settled: what was polled before this time must be through; what is younger may be on its
            way.
        kept_since: objects whose messages are older may have been removed by the bucket's own
            lifecycle rules; None where they are kept for good.
    """

    start: datetime
    end: datetime
    settled: datetime
    kept_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A row of the ledger: one object that was loaded, or skipped.

    Attributes:
        key: the object's.
        etag: the object's, when it was loaded.
        start: first offset of the interval.
        end: last offset, likewise.
        rows: that were loaded of it, `errors` among them.
        lost: offsets that Kafka's retention had removed.
        last_ms: timestamp of the last message, Unix milliseconds; None where there is none.
        batch_seq: of the batch that loaded it.
        skip_reason: why it was not loaded, where a person decided so.
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
    """What the warehouse says of a whole chain.

    Attributes:
        first: the first offset that was ever loaded.
        end: where the ledger ends: the next offset.
        position: the next offset by LOAD_POSITION.
    """

    first: int
    end: int
    position: int | None


@dataclass(frozen=True, slots=True)
class LandedObject:
    """An object in the bucket; its metadata only where the ledger does not have it."""

    key: str
    etag: str
    start: int
    metadata: BatchMetadata | None = None


@dataclass(frozen=True, slots=True)
class FileRows:
    """What raw holds of one object: rows, error lines, distinct offsets and their bounds."""

    rows: int
    errors: int
    offsets: int
    lowest: int | None
    highest: int | None


@dataclass(frozen=True, slots=True)
class BrokerLog:
    """One partition's log.

    Attributes:
        topic: the topic's name.
        low: the first offset that is kept.
        high: the next offset to be written.
        due: messages before this offset must be landed: they are settled, and in the window.
        end: messages before this offset are in the window.
    """

    topic: str
    low: int
    high: int
    due: int
    end: int


@dataclass(frozen=True, slots=True)
class Modelled:
    """What became of a chain's rows in bronze and silver.

    Attributes:
        lines: rows of bronze in the range.
        bad: those that silver leaves out for a reason that bronze names.
        silver: good ones whose quote silver has, and whose poll lies in its sightings.
        unbuilt: good ones that no build has come to yet.
        late: those of them that are settled.
        missing: good ones whose quote silver lacks although a build has passed them.
        repeated: good ones whose quote silver has more than once.
        unseen: good ones whose poll is outside of what silver says it has seen.
        example: offset of one that is missing, repeated or unseen.
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
    """All that was read of one partition of one topic.

    Attributes:
        chain: the partition.
        head: None where nothing was loaded yet.
        intervals: the ledger's rows of the window and one row more at either end, by start.
        is_tail: no row of the ledger follows these intervals.
        objects: of the bucket, from the first interval on, by key.
        files: what raw holds, by key of object and number of batch.
        log: None where no broker was asked, or the topic is gone.
        modelled: None where silver was not asked.
    """

    chain: Chain
    head: Head | None = None
    intervals: tuple[Interval, ...] = ()
    is_tail: bool = True
    objects: tuple[LandedObject, ...] = ()
    files: Mapping[tuple[str, int], FileRows] = field(default_factory=dict)
    log: BrokerLog | None = None
    modelled: Modelled | None = None
