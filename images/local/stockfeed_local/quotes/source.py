"""What the server asks for quotes: a tape or a random walk."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QuoteReply:
    """What a source says about a symbol.

    Attributes:
        body: JSON of a quote; None means that there is none newer than the client's (304).
        etag: identifies the quote among the symbol's; None where the source has no order.
    """

    body: bytes | None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class SymbolProgress:
    """How far a symbol's tape is.

    Attributes:
        revealed: quotes answered at least once.
        confirmed: quotes whose ETag came back.
        remaining: quotes not yet revealed.
    """

    revealed: int
    confirmed: int
    remaining: int


class Source(Protocol):
    """Where quotes come from."""

    def poll(self, symbol: str, etag: str | None) -> QuoteReply | None:
        """The symbol's quote now.

        Args:
            symbol: as asked for.
            etag: of the quote that the client has for certain, from `If-None-Match`.

        Returns:
            None for a symbol that the source does not know.
        """

    def progress(self) -> dict[str, SymbolProgress]:
        """By symbol; empty for a source without an end."""

    def release(self, count: int | None) -> None:
        """Holds the source back to `count` revealed quotes in all; None lets it go."""
