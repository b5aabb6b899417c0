"""The interface between the server and its quotes: a tape or a random walk."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QuoteReply:
    """A source's response to one poll of a symbol.

    Attributes:
        body: A quote as JSON; None (a 304) if the client already has the newest one.
        etag: Identifies the quote among those of the symbol; None if the source has no order.
    """

    body: bytes | None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class SymbolProgress:
    """How much of a symbol's tape was played.

    Attributes:
        revealed: Quotes served at least once.
        confirmed: Quotes whose ETag a client has sent back.
        remaining: Quotes not yet revealed.
    """

    revealed: int
    confirmed: int
    remaining: int


class Source(Protocol):
    """A supply of quotes."""

    def poll(self, symbol: str, etag: str | None) -> QuoteReply | None:
        """Returns the symbol's current quote.

        Args:
            symbol: The ticker in the request.
            etag: The request's `If-None-Match`: the client has stored the quote with this ETag.

        Returns:
            None if the symbol is unknown.
        """

    def progress(self) -> dict[str, SymbolProgress]:
        """Returns the progress of each symbol; empty for a source that never ends."""

    def release(self, count: int | None) -> None:
        """Limits the quotes revealed of all symbols together to `count`; None removes the limit."""
