"""Keys and metadata of the objects in the raw zone.

A batch object holds the messages of one partition for the offsets [start, end]; its key names
start, its metadata end. A partition's objects form one chain: each starts at the previous end + 1,
and all but the first name the start of the object before them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote

SUFFIX: Final = ".jsonl.gz"
CONTENT_TYPE: Final = "application/x-ndjson"
OFFSET_DIGITS: Final = 20
PARTITION_DIGITS: Final = 5
PROBE_PREFIX: Final = "stockfeed-probe/"

END_OFFSET: Final = "end-offset"
RECORD_COUNT: Final = "record-count"
ERROR_COUNT: Final = "error-count"
FIRST_TIMESTAMP: Final = "first-timestamp"
LAST_TIMESTAMP: Final = "last-timestamp"
LOST: Final = "lost"
PREVIOUS_START: Final = "previous-start"

_EVENTS: Final = "events/"


class BadKeyError(ValueError):
    """A key or its metadata is not of the form that the consumer writes."""


@dataclass(frozen=True, slots=True, order=True)
class Chain:
    """The objects of one partition of one incarnation of a topic."""

    feed: str
    group: str
    topic_id: str
    partition: int

    @property
    def prefix(self) -> str:
        """What all keys of the chain start with."""
        return (
            f"{topic_prefix(self.feed, self.group, self.topic_id)}"
            f"partition={self.partition:0{PARTITION_DIGITS}d}/"
        )

    def key(self, start: int) -> str:
        """The key of the object whose interval starts at offset `start`."""
        return f"{self.prefix}{start:0{OFFSET_DIGITS}d}{SUFFIX}"

    def event_key(self, symbol: str, offset: int) -> str:
        """The PerEvent layout's key of one quote."""
        topic = topic_prefix(self.feed, self.group, self.topic_id)
        return (
            f"{_EVENTS}{topic}symbol={quote(symbol, safe='')}/"
            f"partition={self.partition:0{PARTITION_DIGITS}d}/{offset:0{OFFSET_DIGITS}d}.json"
        )

    @classmethod
    def parse(cls, key: str) -> tuple[Self, int]:
        """The chain and the start offset that a batch object's key names.

        Raises:
            BadKeyError: the key is none that a consumer writes.
        """
        try:
            feed, group, topic, partition, name = key.split("/")
            start = int(name.removesuffix(SUFFIX))
            chain = cls(
                _value("feed", feed),
                _value("group", group),
                _value("topic", topic),
                int(_value("partition", partition)),
            )
        except ValueError as error:
            raise BadKeyError(
                f"object key {key!r} is not of the landing layout: {error}"
            ) from error
        if start < 0 or chain.partition < 0 or chain.key(start) != key:
            raise BadKeyError(f"object key {key!r} is not of the landing layout")
        return chain, start


@dataclass(frozen=True, slots=True)
class BatchMetadata:
    """What a batch object says of itself in its S3 user metadata.

    Attributes:
        end: the last offset of the interval.
        records: lines in the object, error lines included.
        errors: error lines among them.
        first_timestamp: of the first message read, Unix milliseconds; None in a `lost` object.
        last_timestamp: of the last message read, likewise.
        lost: offsets that retention removed before they were landed; the object is then empty.
        previous: start of the object before this one; None in a chain's first object.
    """

    end: int
    records: int
    errors: int
    first_timestamp: int | None
    last_timestamp: int | None
    lost: int = 0
    previous: int | None = None

    def to_s3(self) -> dict[str, str]:
        """As the `Metadata` of a put."""
        values = {
            END_OFFSET: self.end,
            RECORD_COUNT: self.records,
            ERROR_COUNT: self.errors,
            FIRST_TIMESTAMP: self.first_timestamp,
            LAST_TIMESTAMP: self.last_timestamp,
            LOST: self.lost or None,
            PREVIOUS_START: self.previous,
        }
        return {name: str(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_s3(cls, key: str, metadata: Mapping[str, str]) -> Self:
        """Reads the `Metadata` of a get or head answer.

        Raises:
            BadKeyError: a field is missing or no number, e.g. because another program put the
                object there.
        """
        values = {name.lower(): value for name, value in metadata.items()}
        try:
            return cls(
                end=int(values[END_OFFSET]),
                records=int(values[RECORD_COUNT]),
                errors=int(values[ERROR_COUNT]),
                first_timestamp=_optional(values, FIRST_TIMESTAMP),
                last_timestamp=_optional(values, LAST_TIMESTAMP),
                lost=_optional(values, LOST) or 0,
                previous=_optional(values, PREVIOUS_START),
            )
        except (KeyError, ValueError) as error:
            raise BadKeyError(f"object {key!r} has no usable metadata: {error}") from error


def feed_prefix(feed: str) -> str:
    """What all batch keys of a feed start with; below it lie `group=…/`."""
    return f"feed={feed}/"


def events_prefix(feed: str) -> str:
    """What all of a feed's keys of the PerEvent layout start with."""
    return f"{_EVENTS}{feed_prefix(feed)}"


def group_prefix(feed: str, group: str) -> str:
    """What all batch keys of a group start with; below it lie `topic=…/`."""
    return f"{feed_prefix(feed)}group={group}/"


def topic_prefix(feed: str, group: str, topic_id: str) -> str:
    """What all batch keys of a topic start with; below it lie `partition=…/`."""
    return f"{group_prefix(feed, group)}topic={topic_id}/"


def _value(name: str, segment: str) -> str:
    head, _, value = segment.partition("=")
    if head != name or not value:
        raise ValueError(f"expected {name}=…, found {segment!r}")
    return value


def _optional(values: Mapping[str, str], name: str) -> int | None:
    return int(values[name]) if name in values else None
