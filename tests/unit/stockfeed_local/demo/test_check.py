from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stockfeed_local.demo.bucket import Audit
from stockfeed_local.demo.check import Evidence, check, compare_bars, compare_quotes, compare_stages
from stockfeed_local.demo.warehouse import CandleRow, SilverQuote
from stockfeed_local.quotes.bars import Bar
from stockfeed_local.quotes.intervals import INTERVALS
from stockfeed_local.quotes.tape import tape_of

DAY = datetime(2013, 3, 1, 5, tzinfo=UTC)
BARS = [
    Bar("AAA", DAY, Decimal("10.12345"), Decimal(12), Decimal(9), Decimal(11)),
    Bar("AAA", DAY + timedelta(days=3), Decimal(11), Decimal(12), Decimal(10), Decimal("10.5")),
    Bar("BBB", DAY, Decimal(100), Decimal(101), Decimal(99), Decimal(100)),
]
TAPE = tape_of(BARS, INTERVALS["1d"])


def candle(bar: Bar, **changes: Any) -> CandleRow:
    row = CandleRow(bar.symbol, "1d", bar.start, bar.open, bar.high, bar.low, bar.close, 4)
    return row._replace(**changes)


def silver() -> list[SilverQuote]:
    return [
        SilverQuote(symbol, q.time, q.current, q.open, q.high, q.low, q.previous_close)
        for symbol, quotes in TAPE.items()
        for q in quotes
    ]


def test_equal_bars_are_exact() -> None:
    assert compare_bars(BARS, map(candle, BARS)) == (3, [])


def test_trailing_zeros_do_not_matter() -> None:
    padded = candle(BARS[2], open=Decimal("100.00000000"))
    assert compare_bars(BARS[2:], [padded]) == (1, [])


@pytest.mark.parametrize(
    ("candles", "exact", "line"),
    [
        (BARS[1:], 2, "bar AAA 2013-03-01T05:00:00+00:00: missing in gold"),
        (
            [*BARS, replace(BARS[0], symbol="CCC")],
            3,
            "bar CCC 2013-03-01T05:00:00+00:00: unexpected in gold",
        ),
        (
            [*BARS[:2], replace(BARS[2], low=Decimal(98))],
            2,
            "bar BBB 2013-03-01T05:00:00+00:00: 100/101/98/100 in gold, 100/101/99/100 on the tape",
        ),
    ],
)
def test_reports_each_bar_that_differs(candles: list[Bar], exact: int, line: str) -> None:
    assert compare_bars(BARS, map(candle, candles)) == (exact, [line])


def test_silver_must_have_each_quote_of_the_tape_once() -> None:
    assert compare_quotes(TAPE, silver()) == []
    first, *rest = silver()
    place = f"quote AAA t={first.time} c=10.12345"
    assert compare_quotes(TAPE, rest) == [f"{place}: missing in silver"]
    assert compare_quotes(TAPE, [first, first, *rest]) == [f"{place}: unexpected in silver"]


def test_stage_counts_must_be_equal() -> None:
    assert compare_stages(12, 12, 12) == []
    assert compare_stages(12, 13, 11) == [
        "13 quotes landed, but 12 published",
        "11 quotes loaded, but 12 published",
    ]


def test_result_combines_all_evidence() -> None:
    result = check(
        Evidence(
            bars=BARS,
            tape=TAPE,
            interval="1d",
            candles=[candle(BARS[0]), candle(BARS[1]), candle(BARS[2], interval="1h")],
            silver=silver(),
            published=13,
            audit=Audit(landed=12, distinct=12, gaps=["a gap"], duplicates=["landed twice"]),
            loaded=13,
            loaded_twice=["loaded twice"],
            findings=["gap: offsets 3 to 4"],
        )
    )
    assert result.exact_bars == 2
    assert result.mismatches == [
        "bar BBB 2013-03-01T05:00:00+00:00: missing in gold",
        "12 quotes landed, but 13 published",
    ]
    assert result.problems == [
        *result.mismatches,
        *("a gap", "landed twice", "loaded twice", "gap: offsets 3 to 4"),
    ]
