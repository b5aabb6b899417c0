"""Keys and metadata of the objects in the raw zone.

A batch object holds one partition's messages for the offsets [start, end]. Its key contains start,
its metadata contains end. A partition's objects form a chain: each starts at the previous end + 1,
and each but the first records the start of its predecessor.
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
    """An object's key or metadata does not have the consumer's format."""


@dataclass(frozen=True, slots=True, order=True)
class Chain:
    """Identity of a chain: all batch objects of one partition.

    Attributes:
        feed: the feed's name.
        group: the symbol group's name.
        topic_id: the topic's id, see `topics.topic_id_hex`; a recreated topic has a new one.
        partition: the Kafka partition's number.
    """

    feed: str
    group: str
    topic_id: str
    partition: int

    @property
    def prefix(self) -> str:
        """Common prefix of the chain's keys, ending in `/`."""
        return (
            f"{topic_prefix(self.feed, self.group, self.topic_id)}"
            f"partition={self.partition:0{PARTITION_DIGITS}d}/"
        )

    def key(self, start: int) -> str:
        """Returns the key of the object that starts at offset `start`."""
        return f"{self.prefix}{start:0{OFFSET_DIGITS}d}{SUFFIX}"

    def event_key(self, symbol: str, offset: int) -> str:
        """Returns a quote's key in the PerEvent layout."""
        topic = topic_prefix(self.feed, self.group, self.topic_id)
        return (
            f"{_EVENTS}{topic}symbol={quote(symbol, safe='')}/"
            f"partition={self.partition:0{PARTITION_DIGITS}d}/{offset:0{OFFSET_DIGITS}d}.json"
        )

    @classmethod
    def parse(cls, key: str) -> tuple[Self, int]:
        """Parses a batch object's key into its chain and start offset.

        Raises:
            BadKeyError: the key does not have the consumer's format.
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
                f"object key {key!r} does not match the landing layout: {error}"
            ) from error
        if start < 0 or chain.partition < 0 or chain.key(start) != key:
            raise BadKeyError(f"object key {key!r} does not match the landing layout")
        return chain, start


@dataclass(frozen=True, slots=True)
class BatchMetadata:
    """S3 user metadata of a batch object.

    Attributes:
        end: last offset of the interval.
        records: number of lines, including error lines.
        errors: number of error lines.
        first_timestamp: timestamp of the first message, Unix milliseconds; None if `lost` is set.
        last_timestamp: timestamp of the last message, Unix milliseconds; None if `lost` is set.
        lost: number of offsets that Kafka's retention deleted before they were landed; such an
            object is empty.
        previous: start offset of the preceding object; None in a chain's first object.
    """

    end: int
    records: int
    errors: int
    first_timestamp: int | None
    last_timestamp: int | None
    lost: int = 0
    previous: int | None = None

    def to_s3(self) -> dict[str, str]:
        """Returns the `Metadata` argument for a put."""
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
        """Parses the `Metadata` of a get or head response.

        Raises:
            BadKeyError: a field is missing or not a number, e.g. because another program wrote the
                object.
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
    """Returns the prefix of a feed's batch keys; the next level is `group=…/`."""
    return f"feed={feed}/"


def events_prefix(feed: str) -> str:
    """Returns the prefix of a feed's keys in the PerEvent layout."""
    return f"{_EVENTS}{feed_prefix(feed)}"


def group_prefix(feed: str, group: str) -> str:
    """Returns the prefix of a group's batch keys; the next level is `topic=…/`."""
    return f"{feed_prefix(feed)}group={group}/"


def topic_prefix(feed: str, group: str, topic_id: str) -> str:
    """Returns the prefix of a topic's batch keys; the next level is `partition=…/`."""
    return f"{group_prefix(feed, group)}topic={topic_id}/"


def _value(name: str, segment: str) -> str:
    head, _, value = segment.partition("=")
    if head != name or not value:
        raise ValueError(f"expected {name}=…, found {segment!r}")
    return value


def _optional(values: Mapping[str, str], name: str) -> int | None:
    return int(values[name]) if name in values else None
