"""Quotes that follow a random walk, reproducible by seed, with some stale ones."""

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
"""Standard deviation of one step, as a fraction of the price."""
_STALE_SHARE: Final = 0.2
"""Fraction of responses that repeat the previous quote, as Finnhub's do between trades."""


@dataclass(slots=True)
class _Walk:
    random: random.Random
    quote: Quote


class RandomWalk:
    """A source that never ends.

    Args:
        symbols: Tickers to serve.
        seed: Determines start prices, steps and which responses are stale.
        clock: Returns the current time in Unix seconds.
    """

    def __init__(
        self, symbols: Iterable[str], seed: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._walks = {symbol: self._start(symbol, seed) for symbol in symbols}

    def poll(self, symbol: str, etag: str | None) -> QuoteReply | None:
        """Returns the next quote, without an ETag; see `Source.poll`."""
        del etag
        walk = self._walks.get(symbol)
        if walk is None:
            return None
        if walk.random.random() >= _STALE_SHARE:
            walk.quote = _step(walk, int(self._clock()))
        return QuoteReply(walk.quote.to_json())

    def progress(self) -> dict[str, SymbolProgress]:
        """Returns an empty mapping, because a walk never ends."""
        return {}

    def release(self, count: int | None) -> None:
        """Does nothing: a walk has no tape to hold back."""

    def _start(self, symbol: str, seed: int) -> _Walk:
        # One generator per symbol: a walk must not depend on how often others are polled.
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
