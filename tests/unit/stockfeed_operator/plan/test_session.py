from datetime import UTC, datetime
from typing import Any, get_args

import exchange_calendars
import pytest

from stockfeed_operator.plan.session import SessionState, state_at
from stockfeed_operator.spec.calendars import Calendar
from stockfeed_operator.spec.source import Session


def _session(calendar: str = "XNYS", **hours: str) -> Session:
    given: dict[str, Any] = {"calendar": calendar, "extendedHours": hours}
    return Session.model_validate(given)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "is_open", "change"),
    [
        ("2026-03-04T12:00", False, "2026-03-04T14:28"),  # two minutes before 09:30 in New York
        ("2026-03-04T14:28", True, "2026-03-04T21:00"),
        ("2026-03-04T20:59", True, "2026-03-04T21:00"),
        ("2026-03-04T21:00", False, "2026-03-05T14:28"),
        (
            "2026-03-07T15:00",
            False,
            "2026-03-09T13:28",
        ),  # start of daylight saving time
        ("2026-11-26T16:00", False, "2026-11-27T14:28"),  # Thanksgiving
        ("2026-11-27T17:00", True, "2026-11-27T18:00"),  # early close on the day after
    ],
)
def test_opens_two_minutes_early_and_follows_the_exchange_calendar(
    now: str, is_open: bool, change: str
) -> None:
    assert state_at(_session(), _at(now)) == SessionState(is_open, _at(change))


def test_extended_hours_widen_the_session() -> None:
    session = _session(before="5h30m", after="4h")
    assert state_at(session, _at("2026-03-04T08:58")) == SessionState(True, _at("2026-03-05T01:00"))
    assert not state_at(session, _at("2026-03-05T01:00")).open


def test_merges_sessions_whose_extended_hours_overlap() -> None:
    state = state_at(_session(before="9h", after="9h"), _at("2026-03-04T23:00"))
    assert state == SessionState(True, _at("2026-03-07T06:00"))


@pytest.mark.parametrize("code", get_args(Calendar))
def test_every_calendar_in_the_schema_exists(code: str) -> None:
    assert code in exchange_calendars.get_calendar_names(include_aliases=False)
