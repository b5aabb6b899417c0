"""Parsing of times on the command line: `2026-11-20T14:30:00Z`, `2026-11-20`, or `2h` ago."""

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
_EXAMPLES: Final = "examples: 2026-11-20T14:30:00Z, 2026-11-20 14:30, 2026-11-20, 2h"


@dataclass(frozen=True, slots=True)
class Moment:
    """The interval covered by a time at its written precision.

    Attributes:
        start: the time itself, in UTC.
        end: exclusive end, in UTC: `14:30` covers one minute, `14:30:05.1` covers 100 ms.
    """

    start: datetime
    end: datetime


def parse_moment(text: str, now: datetime) -> Moment:
    """Parses a time, a day, or a duration before now.

    Args:
        text: a time or day, in UTC unless it has an offset; or a duration, which means the interval
            from that long before `now` until `now`.
        now: the current time, with a time zone.

    Raises:
        ValueError: the text is none of these; the message gives examples.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return _ago(text, now)
    written = f"{match['day']}T{match['minute'] or '00:00'}{match['second'] or ''}"
    try:
        start = parse_rfc3339(written + (match["zone"] or "Z"))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time: {error}") from error
    return Moment(start, start + _precision(match))


def _ago(text: str, now: datetime) -> Moment:
    try:
        start = now - timedelta(seconds=parse_duration(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time; {_EXAMPLES}") from error
    return Moment(start, now)


def _precision(match: "re.Match[str]") -> timedelta:
    if match["fraction"]:
        return timedelta(microseconds=10 ** (6 - len(match["fraction"])))
    if match["second"]:
        return timedelta(seconds=1)
    return timedelta(minutes=1) if match["minute"] else timedelta(days=1)
