from datetime import UTC, datetime, timedelta

import pytest

from stockfeed.errors import ConfigurationError
from stockfeed.verify.app import Options, _window

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_range_ends_now_by_default() -> None:
    window = _window(Options("2h", None, "5m", True, False), None, NOW)
    assert (window.start, window.end) == (NOW - timedelta(hours=2), NOW)
    assert window.settled == NOW - timedelta(minutes=5)
    assert window.kept_since is None


def test_days_are_in_utc_and_retention_counts_from_now() -> None:
    window = _window(Options("2026-11-20", "2026-11-21", "1h", True, False), 7, NOW)
    assert (window.start.day, window.end.day) == (20, 21)
    assert window.kept_since == NOW - timedelta(days=7)


@pytest.mark.parametrize(
    ("start", "end", "patience"),
    [("noon", None, "5m"), ("1h", "noon", "5m"), ("1h", None, "long"), ("1h", "1h", "5m")],
)
def test_refuses_invalid_ranges(start: str, end: str | None, patience: str) -> None:
    with pytest.raises(ConfigurationError):
        _window(Options(start, end, patience, True, False), None, NOW)
