"""The times at which a feed with `spec.session` runs, from the exchange's calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from stockfeed.contract.durations import parse_duration
from stockfeed_operator.spec.source import Session

# Feeds start early because pods need time to become ready before the session opens.
_LEAD: Final = timedelta(minutes=2)
_DAYS_BEFORE: Final = 10
# Far longer than any scheduled closure, e.g. the Golden Weeks in China and Japan.
_DAYS_AFTER: Final = 40

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class SessionState:
    """Whether a feed's session is open.

    Attributes:
        open: whether the feed should run.
        next_change_at: when `open` changes next; None if no session is known.
    """

    open: bool
    next_change_at: datetime | None


def state_at(session: Session, now: datetime) -> SessionState:
    """Returns the session state at the given time.

    Args:
        session: the exchange and the extended hours.
        now: a timezone-aware time.
    """
    for start, end in _merged(_extended(session, now)):
        if now < start:
            return SessionState(open=False, next_change_at=start)
        if now < end:
            return SessionState(open=True, next_change_at=end)
    # Past the last known session; the calendar is built again on the next day.
    return SessionState(open=False, next_change_at=None)


def _extended(session: Session, now: datetime) -> Iterable[Window]:
    hours = session.extended_hours
    before = timedelta(seconds=parse_duration(hours.before) if hours.before else 0)
    after = timedelta(seconds=parse_duration(hours.after) if hours.after else 0)
    for opens, closes in _sessions(session.calendar, now.astimezone(UTC).date()):
        yield opens - before - _LEAD, closes + after


def _merged(windows: Iterable[Window]) -> Iterable[Window]:
    """Merges adjacent windows: with extended hours, some exchanges never close between sessions."""
    current: Window | None = None
    for window in windows:
        if current is not None and window[0] <= current[1]:
            current = (current[0], max(current[1], window[1]))
            continue
        if current is not None:
            yield current
        current = window
    if current is not None:
        yield current


# Building a calendar takes about a second; with the date as the key, that happens once a day.
@lru_cache(maxsize=128)
def _sessions(code: str, today: date) -> tuple[Window, ...]:
    """Returns the opening and closing times of the exchange's sessions around a date."""
    # Imported here because it loads pandas, which takes a second and 80 MB.
    import exchange_calendars  # noqa: PLC0415

    start, end = today - timedelta(days=_DAYS_BEFORE), today + timedelta(days=_DAYS_AFTER)
    calendar = exchange_calendars.get_calendar(code, start=start, end=end)
    return tuple(
        (opens.to_pydatetime(), closes.to_pydatetime())
        for opens, closes in zip(calendar.opens, calendar.closes, strict=True)
    )
