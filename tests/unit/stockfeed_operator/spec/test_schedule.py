from datetime import UTC, datetime, timedelta

import pytest

from stockfeed_operator.spec.schedule import interval_at_minute, parse_schedule

# A Monday.
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "now", "interval"),
    [
        ("* * * * *", "2026-03-02T12:00", timedelta(minutes=1)),
        ("? ? ? ? ?", "2026-03-02T12:00", timedelta(minutes=1)),
        ("*/5 * * * *", "2026-03-02T12:03", timedelta(minutes=5)),
        ("*/40 * * * *", "2026-03-02T12:39", timedelta(minutes=40)),
        ("*/40 * * * *", "2026-03-02T12:40", timedelta(minutes=20)),
        ("5/15 * * * *", "2026-03-02T12:52", timedelta(minutes=15)),
        ("0,10-12 * * * *", "2026-03-02T12:10", timedelta(minutes=1)),
        ("0,10-12 * * * *", "2026-03-02T12:12", timedelta(minutes=48)),
        ("7 * * * *", "2026-03-02T00:03", timedelta(hours=1)),
        ("0 6 * * *", "2026-03-02T05:59", timedelta(days=1)),
        # Market hours: one minute while open, otherwise until the next open.
        ("* 14-20 * * mon-fri", "2026-03-02T14:00", timedelta(minutes=1)),
        ("* 14-20 * * 1-5", "2026-03-06T20:59", timedelta(days=2, hours=17, minutes=1)),
        ("* 14-20 * * MON-FRI", "2026-03-02T13:59", timedelta(days=2, hours=17, minutes=1)),
        ("0 0 1 jan *", "2026-03-02T12:00", timedelta(days=365)),
        # The 13th or a Friday: either day field suffices if both are restricted.
        ("0 0 13 * 5", "2026-03-07T12:00", timedelta(days=7)),
        ("0 0 * * 5", "2026-03-07T12:00", timedelta(days=7)),
        ("0 0 13 * *", "2026-03-07T12:00", timedelta(days=28)),
        ("0 0 */1 * 5", "2026-03-07T12:00", timedelta(days=7)),
        ("0 0 */10 * 5", "2026-03-07T12:00", timedelta(days=5)),
    ],
)
def test_interval_is_between_the_starts_before_and_after_now(
    schedule: str, now: str, interval: timedelta
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert parse_schedule(schedule).interval_at(moment) == interval


def test_schedule_that_starts_less_than_once_a_year_has_no_interval() -> None:
    assert parse_schedule("0 0 29 2 *").interval_at(NOON) is None


@pytest.mark.parametrize("schedule", ["60 * * * *", "* * 0 * *", "5-2 * * * *", "* * * * 7"])
def test_rejects_schedules_that_argo_rejects(schedule: str) -> None:
    with pytest.raises(ValueError, match="is "):
        parse_schedule(schedule)
    assert interval_at_minute(schedule, NOON) is None


@pytest.mark.parametrize("schedule", ["* * * *", "*/0 * * * *", "a * * * *", "", "1--2 * * * *"])
def test_malformed_schedules_have_no_interval(schedule: str) -> None:
    assert interval_at_minute(schedule, NOON) is None
