"""Times on the command line: `2026-11-20T14:30:00Z`, `2026-11-20`, or `2h` ago."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stockfeed.contract.durations import parse_duration
from stockfeed.contract.times import parse_rfc3339

_TIME: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<minute>\d\d:\d\d)(?P<second>:\d\d(?:\.(?P<fraction>\d{1,6}))?)?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?"
)
_EXAMPLES: Final = "write for example 2026-11-20T14:30:00Z, 2026-11-20 14:30, 2026-11-20 or 2h"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as exact as it was written.

    Attributes:
        start: its beginning, in UTC.
        end: its end, which is no part of it: `14:30` lasts a minute, `14:30:05.1` 100 ms.
    """

    start: datetime
    end: datetime


def parse_moment(text: str, now: datetime) -> Moment:
    """Reads a time; one without a zone is in UTC.

    Args:
        text: a time, a day, or a duration, which is that long before `now`.
        now: with a time zone.

    Raises:
        ValueError: it is neither; the message shows some.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return _ago(text, now)
    written = f"{match['day']}T{match['minute'] or '00:00'}{match['second'] or ''}"
    try:
        start = parse_rfc3339(written + (match["zone"] or "Z"))
    except ValueError as error:
        raise ValueError(f"{text!r} is no time: {error}") from error
    return Moment(start, start + _unit(match))


def _ago(text: str, now: datetime) -> Moment:
    try:
        start = now - timedelta(seconds=parse_duration(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is no time; {_EXAMPLES}") from error
    return Moment(start, now)


def _unit(match: "re.Match[str]") -> timedelta:
    if match["fraction"]:
        return timedelta(microseconds=10 ** (6 - len(match["fraction"])))
    if match["second"]:
        return timedelta(seconds=1)
    return timedelta(minutes=1) if match["minute"] else timedelta(days=1)
