from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stockfeed_local.quotes.bars import Bar, read_bars, sample_file
from stockfeed_local.quotes.intervals import INTERVALS, Span
from stockfeed_local.quotes.tape import QUOTES_PER_BAR, quotes_of, tape_of

SPAN = Span(1_000, 1_060)


def bar(open_: int, high: int, low: int, close: int) -> Bar:
    start = datetime(2024, 1, 2, tzinfo=UTC)
    return Bar("A", start, Decimal(open_), Decimal(high), Decimal(low), Decimal(close))


@pytest.mark.parametrize(
    ("of", "prices"),
    [
        (bar(5, 9, 1, 7), [5, 1, 9, 7]),
        (bar(7, 9, 1, 5), [7, 9, 1, 5]),
        (bar(5, 5, 5, 5), [5, 5, 5, 5]),
    ],
    ids=["rising", "falling", "still"],
)
def test_bar_becomes_open_extremes_and_close(of: Bar, prices: list[int]) -> None:
    assert [quote.current for quote in quotes_of(of, Decimal(4), SPAN)] == prices


def test_quotes_carry_high_and_low_so_far_and_previous_close() -> None:
    quotes = list(quotes_of(bar(5, 9, 1, 7), Decimal(4), SPAN))

    assert [quote.high for quote in quotes] == [5, 5, 9, 9]
    assert [quote.low for quote in quotes] == [5, 1, 1, 1]
    assert {quote.open for quote in quotes} == {Decimal(5)}
    assert {quote.previous_close for quote in quotes} == {Decimal(4)}


def test_quotes_have_different_times_within_the_bar() -> None:
    times = [quote.time for quote in quotes_of(bar(5, 9, 1, 7), Decimal(4), SPAN)]

    assert times == [1_000, 1_020, 1_040, 1_059]


def test_tape_of_the_sample_rebuilds_its_bars() -> None:
    interval = INTERVALS["1d"]
    bars = read_bars(sample_file(), interval)

    tape = tape_of(bars, interval)

    assert sum(len(quotes) for quotes in tape.values()) == 48_616
    quotes = {symbol: iter(of_symbol) for symbol, of_symbol in tape.items()}
    for expected in bars:
        of_bar = [next(quotes[expected.symbol]) for _ in range(QUOTES_PER_BAR)]
        prices = [quote.current for quote in of_bar]
        assert (prices[0], max(prices), min(prices), prices[-1]) == (
            expected.open,
            expected.high,
            expected.low,
            expected.close,
        )


def test_times_increase_and_each_previous_close_is_the_close_before() -> None:
    interval = INTERVALS["1d"]
    tape = tape_of(read_bars(sample_file(), interval), interval)

    for quotes in tape.values():
        times = [quote.time for quote in quotes]
        assert times == sorted(set(times))
        closes = [quote.current for quote in quotes[QUOTES_PER_BAR - 1 :: QUOTES_PER_BAR]]
        previous = [quote.previous_close for quote in quotes[::QUOTES_PER_BAR]]
        assert previous == [quotes[0].open, *closes[:-1]]
