from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stockfeed_local.demo.report import formats


@pytest.mark.parametrize(
    ("value", "text"), [(12154, "12,154"), (1812.46, "1,812.5"), (0, "0"), ("mock", "mock")]
)
def test_numbers_have_thousands_separators_and_text_is_unchanged(
    value: float | str, text: str
) -> None:
    assert formats.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(623.28, "623"), (12154.0, "12,154"), (0.29, "0.3")])
def test_low_rate_keeps_a_decimal(value: float, text: str) -> None:
    assert formats.rate(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.24, "4.2 s"), (60, "1 min 0 s"), (71.6, "1 min 12 s")]
)
def test_duration_is_in_seconds_or_minutes(seconds: float, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.854, "+1.85 %"), (-2.478, "\N{MINUS SIGN}2.48 %"), (None, "\N{EN DASH}")],
)
def test_change_has_a_sign(value: float | None, text: str) -> None:
    assert formats.percent(value) == text


@pytest.mark.parametrize(
    ("price", "places"),
    [("430.47000000", 2), ("100", 2), ("1E+3", 2), ("438.1799", 4), ("1.08542000", 5)],
)
def test_price_has_its_own_decimals_but_at_least_two(price: str, places: int) -> None:
    assert formats.decimals(Decimal(price)) == places


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 gaps"), (1, "1 gap"), (2, "2 gaps"), (48616, "48,616 gaps")]
)
def test_counted_word_has_its_plural(count: int, text: str) -> None:
    assert formats.plural(count, "gap") == text


@pytest.mark.parametrize(
    ("start", "interval", "name"),
    [
        (datetime(2013, 3, 1, 5, tzinfo=UTC), "1d", "1 Mar 2013"),
        (datetime(2013, 7, 1, 4, tzinfo=UTC), "1d", "1 Jul 2013"),
        (datetime(2013, 3, 1, 14, 35, tzinfo=UTC), "5m", "1 Mar 2013 14:35"),
    ],
)
def test_day_is_named_by_its_exchange_date_and_intraday_bar_by_utc(
    start: datetime, interval: str, name: str
) -> None:
    assert formats.bar_name(start, interval) == name
