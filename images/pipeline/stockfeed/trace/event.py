"""One event: where Kafka keeps it, what it says, and what is wanted of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stockfeed.contract.events import META
from stockfeed.contract.objects import Chain
from stockfeed.contract.times import format_rfc3339, from_milliseconds, to_milliseconds
from stockfeed.moments import Moment


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which event is looked for.

    Attributes:
        feed: the feed's name.
        symbol: as the feed has it.
        moment: when it was polled; None is the newest one.
    """

    feed: str
    symbol: str
    moment: Moment | None

    def matches(self, symbol: object, poll_ms: int) -> bool:
        """Whether an event is of this symbol and this time."""
        return symbol == self.symbol and self.is_at(poll_ms)

    def is_at(self, poll_ms: int) -> bool:
        """Whether a poll is within the moment."""
        if self.moment is None:
            return True
        return to_milliseconds(self.moment.start) <= poll_ms < to_milliseconds(self.moment.end)

    @property
    def text(self) -> str:
        """For messages."""
        if self.moment is None:
            return self.symbol
        return f"{self.symbol} at {format_rfc3339(self.moment.start)}"


@dataclass(frozen=True, slots=True)
class Event:
    """A polled quote.

    Attributes:
        chain: its partition.
        topic: the topic's name.
        offset: in the partition.
        poll_ms: when it was polled, Unix milliseconds.
        fields: what the provider said.
    """

    chain: Chain
    topic: str
    offset: int
    poll_ms: int
    fields: Mapping[str, Any]

    @property
    def polled_at(self) -> datetime:
        """When it was polled, in UTC."""
        return from_milliseconds(self.poll_ms)

    @classmethod
    def of_line(cls, chain: Chain, line: Mapping[str, Any]) -> "Event":
        """The event of a landed line."""
        meta = line[META]
        fields = {name: value for name, value in line.items() if name != META}
        return cls(chain, meta["topic"], int(meta["offset"]), int(meta["timestamp"]), fields)


@dataclass(frozen=True, slots=True)
class Loaded:
    """An event that raw holds: the object that brought it, and its batch."""

    event: Event
    key: str
    batch_seq: int
    loaded_at: datetime
