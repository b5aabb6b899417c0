"""An event, and the query that finds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stockfeed.contract.events import META
from stockfeed.contract.objects import Chain
from stockfeed.contract.times import format_rfc3339, from_milliseconds, to_milliseconds
from stockfeed.moments import Moment


@dataclass(frozen=True, slots=True)
class EventQuery:
    """The event to find.

    Attributes:
        feed: the feed's name.
        symbol: the symbol as the feed spells it.
        moment: when it was polled; None for the newest event.
    """

    feed: str
    symbol: str
    moment: Moment | None

    def matches(self, symbol: object, poll_ms: int) -> bool:
        """Whether an event has this symbol and time; the poll is in Unix milliseconds."""
        return symbol == self.symbol and self.is_at(poll_ms)

    def is_at(self, poll_ms: int) -> bool:
        """Whether a poll is within the moment."""
        if self.moment is None:
            return True
        return to_milliseconds(self.moment.start) <= poll_ms < to_milliseconds(self.moment.end)

    @property
    def text(self) -> str:
        """The query as text, for messages."""
        if self.moment is None:
            return self.symbol
        return f"{self.symbol} at {format_rfc3339(self.moment.start)}"


@dataclass(frozen=True, slots=True)
class Event:
    """A polled quote.

    Attributes:
        chain: its partition.
        topic: the topic's name.
        offset: its offset in the partition.
        poll_ms: when it was polled, in Unix milliseconds.
        fields: the provider's response and the symbol.
    """

    chain: Chain
    topic: str
    offset: int
    poll_ms: int
    fields: Mapping[str, Any]

    @property
    def polled_at(self) -> datetime:
        """The poll time in UTC."""
        return from_milliseconds(self.poll_ms)

    @classmethod
    def of_line(cls, chain: Chain, line: Mapping[str, Any]) -> "Event":
        """Creates the event of a landed line."""
        meta = line[META]
        fields = {name: value for name, value in line.items() if name != META}
        return cls(chain, meta["topic"], int(meta["offset"]), int(meta["timestamp"]), fields)


@dataclass(frozen=True, slots=True)
class Loaded:
    """An event in raw, with its object's key and the batch that loaded it."""

    event: Event
    key: str
    batch_seq: int
    loaded_at: datetime
