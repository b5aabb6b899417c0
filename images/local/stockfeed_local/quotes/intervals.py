"""The lengths that a bar may have, and where in time they lie."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

EXCHANGE_TIMEZONE: Final = ZoneInfo("America/New_York")

_MARKET_OPEN: Final = time(9, 30)
_MARKET_CLOSE: Final = time(16)


@dataclass(frozen=True, slots=True)
class Span:
    """A time during which a bar's quotes come: Unix seconds, the end not included."""

    start: int
    end: int


class DayInterval:
    """Exchange days: a bar's `Date` is a date alone."""

    name = "1d"

    def __init__(self, timezone: ZoneInfo = EXCHANGE_TIMEZONE) -> None:
        self._timezone = timezone

    def parse(self, text: str) -> datetime:
        """The exchange's midnight at which the day starts, in UTC.

        Raises:
            ValueError: the text is no date; the message shows one.
        """
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(
                "is no exchange day; with the interval 1d write the date alone, e.g. 2013-03-01"
            ) from error
        return datetime.combine(day, time(), self._timezone).astimezone(UTC)

    def span(self, start: datetime) -> Span:
        """The trading hours of the day that starts at `start`."""
        day = start.astimezone(self._timezone).date()
        hours = (_MARKET_OPEN, _MARKET_CLOSE)
        opens, closes = (datetime.combine(day, hour, self._timezone) for hour in hours)
        return Span(int(opens.timestamp()), int(closes.timestamp()))


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """Slices of UTC: a bar's `Date` is its start."""

    name: str
    seconds: int

    def parse(self, text: str) -> datetime:
        """The bar's start, in UTC.

        Raises:
            ValueError: the text is no time, or no start of such a bar.
        """
        start = _parse_time(text)
        if start.microsecond or int(start.timestamp()) % self.seconds:
            raise ValueError(
                f"is no start of a bar of {self.name}; starts are multiples of it, in UTC"
            )
        return start

    def span(self, start: datetime) -> Span:
        """The whole bar."""
        seconds = int(start.timestamp())
        return Span(seconds, seconds + self.seconds)


Interval = DayInterval | TimeInterval

INTERVALS: Final[dict[str, Interval]] = {
    "1d": DayInterval(),
    "1h": TimeInterval("1h", 3600),
    "5m": TimeInterval("5m", 300),
    "1m": TimeInterval("1m", 60),
}


def _parse_time(text: str) -> datetime:
    example = "write the bar's start in UTC, e.g. 2013-03-01T14:30:00Z"
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is no time; {example}") from error
    if not any(separator in text for separator in "T :"):
        raise ValueError(f"has no time; {example}, or use the interval 1d")
    return start.astimezone(UTC) if start.tzinfo else start.replace(tzinfo=UTC)
