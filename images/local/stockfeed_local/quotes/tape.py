"""Turns bars into quotes: four per bar, from which the pipeline must rebuild the same bar."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Final

from stockfeed_local.quotes.bars import Bar
from stockfeed_local.quotes.intervals import Interval, Span
from stockfeed_local.quotes.quote import Quote

QUOTES_PER_BAR: Final = 4

Tape = dict[str, list[Quote]]
"""Quotes by symbol, in order of time."""


def tape_of(bars: Iterable[Bar], interval: Interval) -> Tape:
    """Returns the quotes for bars that are sorted by symbol and start."""
    by_symbol = groupby(bars, key=lambda bar: bar.symbol)
    return {symbol: list(_quotes(of_symbol, interval)) for symbol, of_symbol in by_symbol}


def _quotes(bars: Iterable[Bar], interval: Interval) -> Iterator[Quote]:
    previous_close = None
    for bar in bars:
        # The first bar has no previous close. Its own open is used, as zero would mean "unknown".
        yield from quotes_of(bar, previous_close or bar.open, interval.span(bar.start))
        previous_close = bar.close


def quotes_of(bar: Bar, previous_close: Decimal, span: Span) -> Iterator[Quote]:
    """Yields four quotes: open, both extremes, close.

    A rising bar visits its low first, a falling bar its high, as most real days do. Each quote's
    high and low are those of the bar so far.
    """
    rises = bar.close >= bar.open
    extremes = (bar.low, bar.high) if rises else (bar.high, bar.low)
    high = low = bar.open
    for price, time in zip((bar.open, *extremes, bar.close), _times(span), strict=True):
        high, low = max(high, price), min(low, price)
        yield Quote(price, bar.open, high, low, previous_close, time)


def _times(span: Span) -> tuple[int, int, int, int]:
    """Returns four different seconds, from the first to the last of the span."""
    third = (span.end - span.start) // 3
    return span.start, span.start + third, span.start + 2 * third, span.end - 1
