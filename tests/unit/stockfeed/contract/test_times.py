from datetime import UTC, datetime, timedelta, timezone

import pytest

from stockfeed.contract.times import (
    format_rfc3339,
    from_milliseconds,
    parse_optional_rfc3339,
    parse_rfc3339,
    to_milliseconds,
)

MOMENT = datetime(2026, 11, 20, 14, 30, 5, 123_456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timespec", "text"),
    [
        ("seconds", "2026-11-20T14:30:05Z"),
        ("milliseconds", "2026-11-20T14:30:05.123Z"),
        ("microseconds", "2026-11-20T14:30:05.123456Z"),
    ],
)
def test_formats_in_utc_with_the_given_precision(timespec: str, text: str) -> None:
    local = MOMENT.astimezone(timezone(timedelta(hours=-5)))
    assert format_rfc3339(local, timespec) == text


@pytest.mark.parametrize(
    "text", ["2026-11-20T14:30:05.123456Z", "2026-11-20T09:30:05.123456-05:00"]
)
def test_parses_any_zone_into_utc(text: str) -> None:
    assert parse_rfc3339(text) == MOMENT
    assert parse_rfc3339(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-11-20T14:30:05", "2026-11-20", "yesterday", ""])
def test_rejects_text_without_a_time_or_a_zone(text: str) -> None:
    with pytest.raises(ValueError, match=r"no time zone|Invalid isoformat"):
        parse_rfc3339(text)


def test_optional_time_may_be_missing_or_empty() -> None:
    assert parse_optional_rfc3339(None) is None
    assert parse_optional_rfc3339("") is None
    assert parse_optional_rfc3339("2026-11-20T14:30:05.123456Z") == MOMENT


def test_milliseconds_survive_a_round_trip() -> None:
    moment = from_milliseconds(1_713_456_789_123)
    assert format_rfc3339(moment) == "2024-04-18T16:13:09.123Z"
    assert to_milliseconds(moment) == 1_713_456_789_123
