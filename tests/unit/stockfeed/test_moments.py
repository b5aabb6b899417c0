from datetime import UTC, datetime, timedelta

import pytest

from stockfeed.moments import parse_moment

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "seconds"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC), 86_400),
        ("2026-11-20 14:30", datetime(2026, 11, 20, 14, 30, tzinfo=UTC), 60),
        ("2026-11-20T14:30Z", datetime(2026, 11, 20, 14, 30, tzinfo=UTC), 60),
        ("2026-11-20T14:30:05Z", datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC), 1),
        ("2026-11-20T09:30:05-05:00", datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC), 1),
        ("2026-11-20T14:30:05.1", datetime(2026, 11, 20, 14, 30, 5, 100_000, tzinfo=UTC), 0.1),
        ("2026-11-20T14:30:05.123Z", datetime(2026, 11, 20, 14, 30, 5, 123_000, UTC), 0.001),
        ("2h", NOW - timedelta(hours=2), 7200),
        ("1m30s", NOW - timedelta(seconds=90), 90),
    ],
)
def test_interval_has_the_written_precision(text: str, start: datetime, seconds: float) -> None:
    moment = parse_moment(text, NOW)
    assert moment.start == start
    assert moment.end - moment.start == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "2026-11-20T25:00", "14:30", "2 h"])
def test_rejects_an_invalid_time_and_quotes_it(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text!r} is not a time"):
        parse_moment(text, NOW)
