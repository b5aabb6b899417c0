"""The quotes to replay: a range of offsets or of poll times, in a feed or in a part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.contract.times import parse_rfc3339, to_milliseconds
from stockfeed.errors import ConfigurationError

_RANGES: Final = (("from_offset", "to_offset"), ("from_time", "to_time"))
# An object's metadata has the timestamps of its first and last message, but a message that the
# producer retried may be among newer ones. librdkafka retries for 5 minutes (message.timeout.ms).
_UNORDERED_MILLISECONDS: Final = 600_000


class Axis(StrEnum):
    """The quantity that a range is given in; the value is its name in a line's `_meta`."""

    OFFSET = "offset"
    TIME = "timestamp"


@dataclass(frozen=True, slots=True)
class Selection:
    """A range in a feed, or in some of its partitions.

    Attributes:
        axis: whether the range is one of offsets or of poll times in Unix milliseconds.
        first: the first value of the range; None for no lower bound.
        last: the last value of the range, inclusive; None for no upper bound.
        group: only this symbol group; None for all.
        topic_id: only this topic; None for all.
        partition: only partitions with this number; None for all.
    """

    axis: Axis
    first: int | None
    last: int | None
    group: str | None = None
    topic_id: str | None = None
    partition: int | None = None

    @classmethod
    def parse(cls, options: Mapping[str, str | None]) -> Self:
        """Parses the command's options; an empty one counts as absent, as workflows pass it.

        Raises:
            ConfigurationError: no range, two ranges, an empty range, a range with one end given
                and the other one an empty string, or a bad value.
        """
        given = {name: value for name, value in options.items() if value}
        axis = _axis(given)
        _refuse_empty_end(options, given)
        if axis is Axis.OFFSET:
            first, last = _integer(given, "from_offset"), _integer(given, "to_offset")
        else:
            first, end = _milliseconds(given, "from_time"), _milliseconds(given, "to_time")
            last = None if end is None else end - 1
        if first is not None and last is not None and first > last:
            raise ConfigurationError("the range is empty: its first end must be before its second")
        partition = _integer(given, "partition")
        return cls(axis, first, last, given.get("group"), given.get("topic_id"), partition)

    def includes(self, chain: Chain) -> bool:
        """Whether the range includes this partition."""
        return (
            self.group in (None, chain.group)
            and self.topic_id in (None, chain.topic_id)
            and self.partition in (None, chain.partition)
        )

    @property
    def object_bounds(self) -> tuple[int | None, int | None]:
        """The bounds that an object's interval must overlap for the object to be read."""
        slack = _UNORDERED_MILLISECONDS if self.axis is Axis.TIME else 0
        first = None if self.first is None else self.first - slack
        return first, None if self.last is None else self.last + slack

    def overlaps(self, start: int, metadata: BatchMetadata) -> bool:
        """Whether an object may hold lines of the range.

        Args:
            start: the object's first offset.
            metadata: the object's metadata.
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
            "give one range: --from-offset and --to-offset, or --from-time and --to-time; either "
            "end may be omitted"
        )
    return Axis.OFFSET if offsets else Axis.TIME


def _refuse_empty_end(options: Mapping[str, str | None], given: Mapping[str, str]) -> None:
    """Refuses a range with an empty string as one end.

    Argo ignores a parameter whose name is misspelt, so the range would be open by mistake.
    """
    for pair in _RANGES:
        empty = [name for name in pair if options.get(name) == ""]
        if empty and any(name in given for name in pair):
            raise ConfigurationError(
                f"{_option(empty[0])} is empty; give both ends, however far out: Argo ignores a "
                "workflow parameter whose name is misspelt"
            )


def _integer(given: Mapping[str, str], name: str) -> int | None:
    if name not in given:
        return None
    if not given[name].isdecimal():
        raise ConfigurationError(
            f"{_option(name)}: {given[name]!r} is not a whole number, 0 or more"
        )
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
