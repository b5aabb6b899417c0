"""A session can be made to end at any hour of a week."""

from datetime import UTC, datetime, timedelta

import pytest

from stockfeed_operator.plan.session import state_at
from stockfeed_operator.spec.source import Session
from support.e2e.sessions import session_ending

_FRIDAY = datetime(2026, 11, 20, 0, 0, 17, tzinfo=UTC)


@pytest.mark.parametrize("hours", range(0, 96, 11))
def test_session_ends_at_the_given_time(hours: int) -> None:
    end = _FRIDAY + timedelta(hours=hours)
    session = Session.model_validate(session_ending(end))
    before = state_at(session, end - timedelta(seconds=60))
    assert (before.open, before.next_change_at) == (True, end)
    after = state_at(session, end)
    assert not after.open
    assert after.next_change_at is not None
    assert after.next_change_at - end > timedelta(minutes=25)
