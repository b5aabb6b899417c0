"""Interface of a quote API, and the possible outcomes of a poll."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

Identity = tuple[object, ...]
"""Values of `stockfeed.contract.events.IDENTITY`, which are equal for the same quote."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A valid quote.

    Attributes:
        identity: distinguishes this quote from others.
        event: the Kafka message's value: the response plus `symbol`, as one line of JSON.
        time: market time, Unix seconds.
        etag: the response's ETag; None if it had none.
    """

    label: ClassVar[str] = "quote"
    identity: Identity
    event: bytes
    time: int
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The quote has not changed since the ETag was sent."""

    label: ClassVar[str] = "unchanged"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The response is not a valid quote; `reason` is the label of a metric."""

    label: ClassVar[str] = "rejected"
    reason: str


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The provider's request limit is exceeded."""

    label: ClassVar[str] = "rate_limited"
    message: str


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The provider refused the key; the message names the key's source."""

    label: ClassVar[str] = "unauthorized"
    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable response: a timeout, a connection failure, or a server error."""

    label: ClassVar[str] = "error"
    message: str


Outcome = Quote | Unchanged | Rejected | RateLimited | Unauthorized | Failed


@dataclass(frozen=True, slots=True)
class PollResult:
    """The result of one request.

    Attributes:
        outcome: the outcome.
        pause: seconds for which no request may be made with this key, for any symbol.
    """

    outcome: Outcome
    pause: float = 0.0


class Provider(Protocol):
    """A quote API."""

    async def poll(self, symbol: str, etag: str | None) -> PollResult:
        """Requests a symbol's current quote once; server errors are outcomes, not exceptions.

        Args:
            symbol: the symbol in the provider's notation.
            etag: the last quote's ETag, which allows the outcome Unchanged; None if there is none.
        """
        ...
