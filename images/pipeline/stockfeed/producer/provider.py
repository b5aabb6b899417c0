"""What the producer asks of a quote API, whichever dialect it speaks."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

Identity = tuple[object, ...]
"""An event's values of `stockfeed.contract.events.IDENTITY`; equal ones are one quote."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote.

    Attributes:
        identity: what tells this quote from another.
        event: the provider's answer plus `symbol`, a JSON object on one line: Kafka's value.
        time: market time, Unix seconds.
        etag: the answer's ETag, if it had one.
    """

    label: ClassVar[str] = "quote"
    identity: Identity
    event: bytes
    time: int
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The provider knows by the ETag that the quote is the one it answered before."""

    label: ClassVar[str] = "unchanged"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The answer is no quote; `reason` is a metric's label."""

    label: ClassVar[str] = "rejected"
    reason: str


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The provider wants fewer requests."""

    label: ClassVar[str] = "rate_limited"
    message: str


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The provider does not take the key; the message names where the key comes from."""

    label: ClassVar[str] = "unauthorized"
    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable answer: a timeout, a broken connection, a server's error."""

    label: ClassVar[str] = "error"
    message: str


Outcome = Quote | Unchanged | Rejected | RateLimited | Unauthorized | Failed


@dataclass(frozen=True, slots=True)
class PollResult:
    """The outcome of one request.

    Attributes:
        outcome: what came back.
        pause: seconds for which the provider wants no request of this key at all.
    """

    outcome: Outcome
    pause: float = 0.0


class Provider(Protocol):
    """A quote API."""

    async def poll(self, symbol: str, etag: str | None) -> PollResult:
        """Asks once for a symbol's current quote; never raises for what a server may do.

        Args:
            symbol: as the provider spells it.
            etag: of the quote that is known already; the provider then may answer Unchanged.
        """
        ...
