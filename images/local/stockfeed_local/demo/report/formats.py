"""Formats numbers and times for display."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from stockfeed_local.quotes.intervals import EXCHANGE_TIMEZONE

_FEWEST_DECIMALS: Final = 2
_MINUTE: Final = 60
_WHOLE_FROM: Final = 10
NONE: Final = "\N{EN DASH}"


def number(value: float | str) -> str:
    """Formats a number as `12,154` or `812.5`; returns text unchanged."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def rate(value: float) -> str:
    """Formats a rate as `623`, or as `0.3` if it is below 10."""
    return f"{value:,.0f}" if value >= _WHOLE_FROM else f"{value:.1f}"


def duration(seconds: float) -> str:
    """Formats a duration as `4.2 s` or `1 min 12 s`."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes:,} min {rest} s"


def percent(value: float | None) -> str:
    """Formats a change as `+1.85 %`, with a typographic minus sign; None as an en dash."""
    return NONE if value is None else f"{value:+.2f} %".replace("-", "\N{MINUS SIGN}")


def decimals(price: Decimal) -> int:
    """Returns the decimal places of a price without trailing zeros, but at least two."""
    exponent = price.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return max(_FEWEST_DECIMALS, places)


def price(value: Decimal, places: int) -> str:
    """Formats a price as `1,187.42`, with the given number of decimal places."""
    return f"{value:,.{places}f}"


def shown_time(start: datetime, interval: str) -> datetime:
    """Returns the time at which a bar is drawn, in UTC.

    An exchange day is drawn at midnight UTC of its date, so that charts show the right date.
    """
    if interval != "1d":
        return start.astimezone(UTC)
    return start.astimezone(EXCHANGE_TIMEZONE).replace(tzinfo=UTC)


def bar_name(start: datetime, interval: str) -> str:
    """Formats the start of a bar as `1 Mar 2013`, or as `1 Mar 2013 14:30` if it is intraday."""
    shown = shown_time(start, interval)
    day = f"{shown.day} {shown:%b %Y}"
    return day if interval == "1d" else f"{day} {shown:%H:%M}"


def plural(count: int, one: str, many: str = "") -> str:
    """Formats a count as `1 gap` or `2 gaps`; `many` is the plural, by default `one` + `s`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
