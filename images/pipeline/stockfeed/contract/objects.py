"""Keys and metadata of the objects in the raw zone.

A batch object holds one partition's messages for the offsets [start, end]. Its key contains start,
its metadata contains end. A partition's objects form a chain: each starts at the previous end + 1,
and each but the first records the start of its predecessor.
"""

import re
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
OWNER_CLUSTER: Final = "owner-cluster"
OWNER_NAMESPACE: Final = "owner-namespace"

MAX_OBJECT_BYTES: Final = 768 * 1024**2
"""Larger objects are not downloaded, because the volumes of the pods could not hold them."""

MAX_OFFSET: Final = 2**63 - 1
"""Kafka's offsets and timestamps are signed 64-bit integers."""

_EVENTS: Final = "events/"
_MAX_PARTITION: Final = 2**31 - 1
# Names are used in paths of files and of the stage, so they have no separators and are shorter than
# the 255 bytes that file systems allow.
_NAME: Final = re.compile(r"[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_NUMBER: Final = re.compile(r"-?[0-9]{1,19}")
_NO_TIMESTAMP: Final = -1
_MAX_SHOWN: Final = 100


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
                segment_value("feed", feed),
                segment_value("group", group),
                segment_value("topic", topic),
                int(segment_value("partition", partition)),
            )
        except ValueError as error:
            raise BadKeyError(
                f"object key {key!r} does not match the landing layout: {error}"
            ) from error
        in_range = 0 <= start <= MAX_OFFSET and 0 <= chain.partition <= _MAX_PARTITION
        if not in_range or chain.key(start) != key:
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
            BadKeyError: a field is missing, not a number or out of range, e.g. because another
                program wrote the object.
        """
        values = {name.lower(): value for name, value in metadata.items()}
        try:
            return cls(
                end=_number(values[END_OFFSET]),
                records=_number(values[RECORD_COUNT]),
                errors=_number(values[ERROR_COUNT]),
                first_timestamp=_optional(values, FIRST_TIMESTAMP, _NO_TIMESTAMP),
                last_timestamp=_optional(values, LAST_TIMESTAMP, _NO_TIMESTAMP),
                lost=_optional(values, LOST) or 0,
                previous=_optional(values, PREVIOUS_START),
            )
        except (KeyError, ValueError) as error:
            raise BadKeyError(f"object {key!r} has no usable metadata: {error}") from error


def feed_prefix(feed: str) -> str:
    """Returns the prefix of a feed's batch keys; the next level is `group=…/`."""
    return f"feed={feed}/"


def owner_key(feed: str) -> str:
    """Returns the key of the object that records whose feed this is, see `stockfeed.ownership`."""
    return f"{feed_prefix(feed)}_owner.json"


def groups_prefix(feed: str) -> str:
    """Returns the common prefix of a feed's batch keys, without its owner marker."""
    return f"{feed_prefix(feed)}group="


def events_prefix(feed: str) -> str:
    """Returns the prefix of a feed's keys in the PerEvent layout."""
    return f"{_EVENTS}{feed_prefix(feed)}"


def group_prefix(feed: str, group: str) -> str:
    """Returns the prefix of a group's batch keys; the next level is `topic=…/`."""
    return f"{feed_prefix(feed)}group={group}/"


def topic_prefix(feed: str, group: str, topic_id: str) -> str:
    """Returns the prefix of a topic's batch keys; the next level is `partition=…/`."""
    return f"{group_prefix(feed, group)}topic={topic_id}/"


def segment_value(name: str, segment: str) -> str:
    """Returns the value of a key's segment `<name>=<value>`.

    Raises:
        BadKeyError: it is not such a segment, or the value is not a name that a consumer writes.
    """
    head, _, value = segment.partition("=")
    if head != name or _NAME.fullmatch(value) is None:
        raise BadKeyError(
            f"expected {name}=… with up to 63 letters, digits, '-', '_' and '.', found "
            f"{segment[:_MAX_SHOWN]!r}"
        )
    return value


def _number(text: str, lowest: int = 0) -> int:
    if _NUMBER.fullmatch(text) is None or not lowest <= int(text) <= MAX_OFFSET:
        raise ValueError(f"{text[:_MAX_SHOWN]!r} is not a number from {lowest} to {MAX_OFFSET}")
    return int(text)


def _optional(values: Mapping[str, str], name: str, lowest: int = 0) -> int | None:
    return _number(values[name], lowest) if name in values else None
