"""Parser for cron schedules, with the semantics of Argo's controller.

Argo 4.1 uses the standard parser of robfig/cron with five fields. It supports names of months and
weekdays, treats `?` as `*` and `5/15` as `5-59/15`. If both day fields are restricted, a day that
matches either of them counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import product
from typing import Final

_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ANY: Final = ("*", "?")
_DAY: Final = timedelta(days=1)
# More than a year; schedules with longer gaps have no interval.
_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times of a cron expression, in UTC.

    Attributes:
        minutes: minutes of the hour, ascending.
        hours: hours of the day, ascending.
        days: days of the month.
        months: months of the year.
        weekdays: days of the week; 0 is Sunday.
        either: whether a day has to match only one of `days` and `weekdays`.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either: bool

    def interval_at(self, now: datetime) -> timedelta | None:
        """Returns the time from the last start to the next; None if either is over a year away."""
        before = next((start for start in self._backwards(now) if start <= now), None)
        after = next((start for start in self._forwards(now) if start > now), None)
        return None if before is None or after is None else after - before

    def _forwards(self, now: datetime) -> Iterator[datetime]:
        times = tuple(product(self.hours, self.minutes))
        yield from self._starts(now, _DAY, times)

    def _backwards(self, now: datetime) -> Iterator[datetime]:
        times = tuple(product(reversed(self.hours), reversed(self.minutes)))
        yield from self._starts(now, -_DAY, times)

    def _starts(
        self, now: datetime, step: timedelta, times: tuple[tuple[int, int], ...]
    ) -> Iterator[datetime]:
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for day in (today + number * step for number in range(_DAYS)):
            if self._has(day):
                yield from (day.replace(hour=hour, minute=minute) for hour, minute in times)

    def _has(self, day: datetime) -> bool:
        matches = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return day.month in self.months and (any(matches) if self.either else all(matches))


def parse_schedule(text: str) -> Schedule:
    """Parses a cron expression with five fields.

    Raises:
        ValueError: the expression is invalid.
    """
    minute, hour, day, month, weekday = text.split()
    return Schedule(
        minutes=_values(minute, range(60)),
        hours=_values(hour, range(24)),
        days=_values(day, range(1, 32)),
        months=_values(month, range(1, 13), _MONTHS),
        weekdays=_values(weekday, range(7), _WEEKDAYS),
        either=not (_is_any(day) or _is_any(weekday)),
    )


# Called for every feed at each scrape; most feeds share one schedule.
@lru_cache(maxsize=256)
def interval_at_minute(text: str, minute: datetime) -> timedelta | None:
    """Returns `Schedule.interval_at` for a full minute; None if the schedule is invalid."""
    try:
        return parse_schedule(text).interval_at(minute)
    except ValueError:
        return None


def _values(field: str, span: range, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    found = {value for part in field.split(",") for value in _part(part, span, names)}
    return tuple(sorted(found))


def _is_any(field: str) -> bool:
    # robfig/cron sets its star bit for `*` and `?`, and clears it for steps above 1.
    return any(part.removesuffix("/1") in _ANY for part in field.split(","))


def _part(part: str, span: range, names: tuple[str, ...]) -> range:
    """Parses a number, a range or `*`, with an optional step."""
    base, slash, step = part.partition("/")
    if base in _ANY:
        first, last = span[0], span[-1]
    else:
        low, dash, high = base.partition("-")
        first = _number(low, span, names)
        last = _number(high, span, names) if dash else (span[-1] if slash else first)
    values = range(first, last + 1, int(step) if slash else 1)
    if not values:
        raise ValueError(f"{part} is empty")
    return values


def _number(text: str, span: range, names: tuple[str, ...]) -> int:
    lowered = text.lower()
    number = names.index(lowered) + span[0] if lowered in names else int(text)
    if number not in span:
        raise ValueError(f"{text} is not in {span[0]}-{span[-1]}")
    return number
