"""Bar lengths: how `Date` is parsed, and the time span that a bar covers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

EXCHANGE_TIMEZONE: Final = ZoneInfo("America/New_York")

_MARKET_OPEN: Final = time(9, 30)
_MARKET_CLOSE: Final = time(16)


@dataclass(frozen=True, slots=True)
class Span:
    """The time during which a bar's quotes occur, in Unix seconds; `end` is exclusive."""

    start: int
    end: int


class DayInterval:
    """An exchange day; a bar's `Date` is a date without a time."""

    name = "1d"

    def __init__(self, timezone: ZoneInfo = EXCHANGE_TIMEZONE) -> None:
        self._timezone = timezone

    def parse(self, text: str) -> datetime:
        """Returns midnight at the exchange on that date, in UTC.

        Raises:
            ValueError: The text is not a date; the message shows an example.
        """
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(
                "is not a date; with the interval 1d, use a date without a time, e.g. 2013-03-01"
            ) from error
        return datetime.combine(day, time(), self._timezone).astimezone(UTC)

    def span(self, start: datetime) -> Span:
        """Returns the trading hours of the day that starts at `start`."""
        day = start.astimezone(self._timezone).date()
        hours = (_MARKET_OPEN, _MARKET_CLOSE)
        opens, closes = (datetime.combine(day, hour, self._timezone) for hour in hours)
        return Span(int(opens.timestamp()), int(closes.timestamp()))


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """A fixed number of seconds; a bar's `Date` is its start in UTC."""

    name: str
    seconds: int

    def parse(self, text: str) -> datetime:
        """Returns the bar's start in UTC.

        Raises:
            ValueError: The text is not a time, or is not a multiple of the bar's length.
        """
        start = _parse_time(text)
        if start.microsecond or int(start.timestamp()) % self.seconds:
            raise ValueError(
                f"is not the start of a {self.name} bar; use a multiple of {self.name} in UTC"
            )
        return start

    def span(self, start: datetime) -> Span:
        """Returns the span from the bar's start to the next bar's start."""
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
    example = "use the bar's start in UTC, e.g. 2013-03-01T14:30:00Z"
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is not a time; {example}") from error
    if not any(separator in text for separator in "T :"):
        raise ValueError(f"has no time; {example}, or use the interval 1d")
    return start.astimezone(UTC) if start.tzinfo else start.replace(tzinfo=UTC)
