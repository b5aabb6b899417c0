"""Quotes that move at random, the same way for the same seed, and are sometimes stale."""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from stockfeed_local.quotes.quote import Quote
from stockfeed_local.quotes.source import QuoteReply, SymbolProgress

_CENT: Final = Decimal("0.01")
_DAY_SECONDS: Final = 86_400
_STEP: Final = 0.0005
"""Standard deviation of one step, as a share of the price."""
_STALE_SHARE: Final = 0.2
"""Of the answers, how many repeat the quote before, as Finnhub's do between trades."""


@dataclass(slots=True)
class _Walk:
    random: random.Random
    quote: Quote


class RandomWalk:
    """A source without an end.

    Args:
        symbols: that it knows.
        seed: of prices, steps and staleness.
        clock: gives Unix seconds.
    """

    def __init__(
        self, symbols: Iterable[str], seed: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._walks = {symbol: self._start(symbol, seed) for symbol in symbols}

    def poll(self, symbol: str, etag: str | None) -> QuoteReply | None:
        """As `Source.poll`; a walk has no ETags."""
        del etag
        walk = self._walks.get(symbol)
        if walk is None:
            return None
        if walk.random.random() >= _STALE_SHARE:
            walk.quote = _step(walk, int(self._clock()))
        return QuoteReply(walk.quote.to_json())

    def progress(self) -> dict[str, SymbolProgress]:
        """Nothing, as a walk has no end."""
        return {}

    def release(self, count: int | None) -> None:
        """Changes nothing, as a walk has no order to hold back."""

    def _start(self, symbol: str, seed: int) -> _Walk:
        # Its own generator: a symbol's walk does not depend on how often others are asked for.
        generator = random.Random(f"{seed}:{symbol}")  # noqa: S311 - prices, not secrets
        price = Decimal(generator.randint(2_000, 50_000)) * _CENT
        return _Walk(generator, Quote(price, price, price, price, price, int(self._clock())))


def _step(walk: _Walk, now: int) -> Quote:
    last = walk.quote
    factor = Decimal(1 + walk.random.gauss(0, _STEP))
    price = max((last.current * factor).quantize(_CENT), _CENT)
    if now // _DAY_SECONDS > last.time // _DAY_SECONDS:
        return Quote(price, price, price, price, last.current, now)
    return replace(
        last, current=price, high=max(last.high, price), low=min(last.low, price), time=now
    )
