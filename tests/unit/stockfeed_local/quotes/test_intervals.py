from datetime import UTC, datetime

import pytest

from stockfeed_local.quotes.intervals import INTERVALS, Span


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("interval", "text", "start"),
    [
        ("1d", "2013-03-01", "2013-03-01T05:00:00+00:00"),  # winter time
        ("1d", "2013-07-01", "2013-07-01T04:00:00+00:00"),  # summer time
        ("1h", "2024-01-02T14:00", "2024-01-02T14:00:00+00:00"),
        ("5m", "2024-01-02 14:35:00", "2024-01-02T14:35:00+00:00"),
        ("1m", "2024-01-02T14:31:00Z", "2024-01-02T14:31:00+00:00"),
        ("1m", "2024-01-02T09:31:00-05:00", "2024-01-02T14:31:00+00:00"),
    ],
)
def test_date_parses_to_the_bar_start_in_utc(interval: str, text: str, start: str) -> None:
    parsed = INTERVALS[interval].parse(text)

    assert parsed == datetime.fromisoformat(start)
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    ("interval", "text", "reason"),
    [
        ("1d", "2013-03-01T14:30:00", "use a date without a time"),
        ("1d", "01/03/2013", "use a date without a time"),
        ("1m", "2013-03-01", "use the interval 1d"),
        ("1m", "yesterday", "use the bar's start in UTC"),
        ("1m", "2013-03-01T14:30:01", "not the start of a 1m bar"),
        ("1m", "2013-03-01T14:30:00.5", "not the start of a 1m bar"),
        ("5m", "2013-03-01T14:32:00", "not the start of a 5m bar"),
        ("1h", "2013-03-01T14:30:00", "not the start of a 1h bar"),
    ],
)
def test_date_that_does_not_match_the_interval_raises_error(
    interval: str, text: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        INTERVALS[interval].parse(text)


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        ("2013-03-08", "2013-03-08T14:30:00+00:00", "2013-03-08T21:00:00+00:00"),
        ("2013-03-11", "2013-03-11T13:30:00+00:00", "2013-03-11T20:00:00+00:00"),
    ],
)
def test_day_spans_trading_hours_in_winter_and_summer_time(
    day: str, opens: str, closes: str
) -> None:
    interval = INTERVALS["1d"]

    assert interval.span(interval.parse(day)) == Span(unix(opens), unix(closes))


def test_intraday_interval_spans_the_full_bar() -> None:
    interval = INTERVALS["5m"]
    start = "2024-01-02T14:35:00+00:00"

    assert interval.span(interval.parse(start)) == Span(unix(start), unix(start) + 300)
