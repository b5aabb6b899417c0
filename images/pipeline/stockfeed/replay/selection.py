"""Which quotes a replay takes: a range of offsets or of poll time, of a feed or a part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.contract.times import parse_rfc3339, to_milliseconds
from stockfeed.errors import ConfigurationError

_RANGES: Final = (("from_offset", "to_offset"), ("from_time", "to_time"))
# An object's metadata has the times of its first and its last message. A message that a producer
# sent again may lie between newer ones: librdkafka gives up after five minutes.
_UNORDERED_MILLISECONDS: Final = 600_000


class Axis(StrEnum):
    """What a range is of; the value is its name in a landed line's `_meta`."""

    OFFSET = "offset"
    TIME = "timestamp"


@dataclass(frozen=True, slots=True)
class Selection:
    """A range, and the part of the feed that it is of.

    Attributes:
        axis: what the two ends are: offsets, or poll times in Unix milliseconds.
        first: the first one taken; None: from the beginning on.
        last: the last one taken; None: to the end.
        group: this symbol group alone; None: all.
        topic_id: this topic alone, likewise.
        partition: this partition alone, likewise.
    """

    axis: Axis
    first: int | None
    last: int | None
    group: str | None = None
    topic_id: str | None = None
    partition: int | None = None

    @classmethod
    def parse(cls, options: Mapping[str, str | None]) -> Self:
        """From the command's options; an empty one, as workflows pass it, is none.

        Raises:
            ConfigurationError: no range, two of them, one that holds nothing, an end that is
                empty rather than left out, or a bad value.
        """
        given = {name: value for name, value in options.items() if value}
        axis = _axis(given)
        _refuse_empty_end(options, given)
        if axis is Axis.OFFSET:
            first, last = _whole(given, "from_offset"), _whole(given, "to_offset")
        else:
            first, behind = _milliseconds(given, "from_time"), _milliseconds(given, "to_time")
            last = None if behind is None else behind - 1
        if first is not None and last is not None and first > last:
            raise ConfigurationError(
                "the range holds nothing: its first end must lie before its second"
            )
        partition = _whole(given, "partition")
        return cls(axis, first, last, given.get("group"), given.get("topic_id"), partition)

    def takes(self, chain: Chain) -> bool:
        """Whether the range is of this partition too."""
        return (
            self.group in (None, chain.group)
            and self.topic_id in (None, chain.topic_id)
            and self.partition in (None, chain.partition)
        )

    @property
    def object_bounds(self) -> tuple[int | None, int | None]:
        """What an object's own interval must touch to be looked into."""
        slack = _UNORDERED_MILLISECONDS if self.axis is Axis.TIME else 0
        first = None if self.first is None else self.first - slack
        return first, None if self.last is None else self.last + slack

    def touches(self, start: int, metadata: BatchMetadata) -> bool:
        """Whether an object may hold something of the range.

        Args:
            start: its first offset.
            metadata: what it says of itself.
        """
        begin, end = start, metadata.end
        if self.axis is Axis.TIME:
            if metadata.first_timestamp is None or metadata.last_timestamp is None:
                return False
            begin, end = metadata.first_timestamp, metadata.last_timestamp
        first, last = self.object_bounds
        return (first is None or end >= first) and (last is None or begin <= last)


def _axis(given: Mapping[str, str]) -> Axis:
    offsets, times = (any(name in given for name in pair) for pair in _RANGES)
    if offsets == times:
        raise ConfigurationError(
            "give one range: --from-offset and --to-offset, or --from-time and --to-time; one of "
            "the two ends may be left out"
        )
    return Axis.OFFSET if offsets else Axis.TIME


def _refuse_empty_end(options: Mapping[str, str | None], given: Mapping[str, str]) -> None:
    """Argo passes over a parameter whose name is misspelt: the range would be open unawares."""
    for pair in _RANGES:
        empty = [name for name in pair if options.get(name) == ""]
        if empty and any(name in given for name in pair):
            raise ConfigurationError(
                f"{_option(empty[0])} is empty; give both ends, as far outside as you like: a "
                "workflow's parameter whose name is misspelt is passed over"
            )


def _whole(given: Mapping[str, str], name: str) -> int | None:
    if name not in given:
        return None
    if not given[name].isdecimal():
        raise ConfigurationError(f"{_option(name)}: {given[name]!r} is no whole number from 0 on")
    return int(given[name])


def _milliseconds(given: Mapping[str, str], name: str) -> int | None:
    if name not in given:
        return None
    try:
        return to_milliseconds(parse_rfc3339(given[name]))
    except ValueError as error:
        raise ConfigurationError(
            f"{_option(name)}: {given[name]!r} is not a time with a zone, such as "
            "2026-11-20T14:30:00Z"
        ) from error


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
