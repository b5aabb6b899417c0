"""Trading sessions that end at a given time, on real exchanges' calendars.

A spec names an exchange and how long the feed runs after its close. The end is therefore set by the
time since the latest close, which on a Monday morning is days ago.
"""

from datetime import UTC, datetime, timedelta

import exchange_calendars
import pandas as pd

from support.e2e.kube import Manifest

# At any time, one of them stays closed for some more hours.
_EXCHANGES = ("XNYS", "XTKS")
_QUIET = timedelta(minutes=30)


def session_ending(at: datetime) -> Manifest:
    """Returns a feed's `spec.session` that is open before a time and closed after it.

    Args:
        at: the time, with a time zone and in whole seconds.
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
    """Returns the time in `seconds` from now, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
