"""Sessions that end when a test wants them to, of exchanges as they are.

A spec names a real exchange and how long the feed goes on after its close. So the end is put where
it is wanted by the hours after the latest close: days, on a Monday morning.
"""

from datetime import UTC, datetime, timedelta

import exchange_calendars
import pandas as pd

from support.e2e.kube import Manifest

# At each moment one of them is closed for some hours more.
_EXCHANGES = ("XNYS", "XTKS")
_QUIET = timedelta(minutes=30)


def session_ending(at: datetime) -> Manifest:
    """A feed's `spec.session` that is open before the time and closed after it.

    Args:
        at: with a time zone, in whole seconds.
    """
    moment = pd.Timestamp(at)
    for code in _EXCHANGES:
        calendar = exchange_calendars.get_calendar(
            code,
            start=(at - timedelta(days=20)).date().isoformat(),
            end=(at + timedelta(days=20)).date().isoformat(),
        )
        next_open = calendar.next_open(moment)
        closed = calendar.previous_close(moment)
        if calendar.previous_open(moment) < closed and next_open - moment > _QUIET:
            after = (moment - closed) // pd.Timedelta(seconds=1)
            return {"calendar": code, "extendedHours": {"after": f"{after}s"}}
    raise AssertionError(f"all of {_EXCHANGES} are open, or about to be, at {at}")


def in_seconds(seconds: int) -> datetime:
    """A time from now, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
