"""Plays a tape: a symbol moves on to its next quote when a client confirms the current one."""

from dataclasses import dataclass
from typing import Final

from stockfeed_local.quotes.quote import Quote
from stockfeed_local.quotes.source import QuoteReply, SymbolProgress
from stockfeed_local.quotes.tape import Tape


@dataclass(slots=True)
class _Reel:
    """One symbol's quotes and its position among them."""

    quotes: list[Quote]
    position: int = 0
    polled: bool = False
    confirmed: int = 0

    @property
    def etag(self) -> str:
        return f'"{self.position}"'

    @property
    def revealed(self) -> int:
        return self.position + 1 if self.polled else 0

    @property
    def at_end(self) -> bool:
        return self.position + 1 == len(self.quotes)


class Replay:
    """A source that repeats a quote until a client sends back its ETag, so that none is lost.

    Every symbol has its own position. A hold limits the quotes revealed of all symbols together,
    first come, first served: a fast producer's symbols need not wait for those of a slow one. A
    symbol's first quote is never held back.
    """

    def __init__(self, tape: Tape) -> None:
        self._reels: Final = {symbol: _Reel(quotes) for symbol, quotes in tape.items()}
        self._revealed = 0
        self._released: int | None = None

    def poll(self, symbol: str, etag: str | None) -> QuoteReply | None:
        """Returns the current quote, or no body if there is nothing newer; see `Source.poll`."""
        reel = self._reels.get(symbol)
        if reel is None:
            return None
        if not reel.polled:
            reel.polled = True
            self._revealed += 1
        if etag == reel.etag and not self._advance(reel):
            return QuoteReply(None, reel.etag)
        return QuoteReply(reel.quotes[reel.position].to_json(), reel.etag)

    def progress(self) -> dict[str, SymbolProgress]:
        """Returns how much of each symbol's tape was played."""
        return {
            symbol: SymbolProgress(reel.revealed, reel.confirmed, len(reel.quotes) - reel.revealed)
            for symbol, reel in self._reels.items()
        }

    def release(self, count: int | None) -> None:
        """Limits the quotes revealed in total to `count`; None removes the limit."""
        self._released = count

    def _advance(self, reel: _Reel) -> bool:
        reel.confirmed = reel.position + 1
        held = self._released is not None and self._revealed >= self._released
        if reel.at_end or held:
            return False
        reel.position += 1
        self._revealed += 1
        return True
