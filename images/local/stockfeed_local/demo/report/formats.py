"""Numbers and times as people read them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from stockfeed_local.quotes.intervals import EXCHANGE_TIMEZONE

_FEWEST_DECIMALS: Final = 2
_MINUTE: Final = 60
_WHOLE_FROM: Final = 10
NONE: Final = "\N{EN DASH}"


def number(value: float | str) -> str:
    """`12,154`, `812.5`; text stays as it is."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def rate(value: float) -> str:
    """`623`, or `0.3` where whole numbers would hide it."""
    return f"{value:,.0f}" if value >= _WHOLE_FROM else f"{value:.1f}"


def duration(seconds: float) -> str:
    """`4.2 s`, `1 min 12 s`."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes:,} min {rest} s"


def percent(value: float | None) -> str:
    """`+1.85 %` with a true minus sign; a dash when there is none."""
    return NONE if value is None else f"{value:+.2f} %".replace("-", "\N{MINUS SIGN}")


def decimals(price: Decimal) -> int:
    """Decimal places that the price needs: at least two, trailing zeros not counted."""
    exponent = price.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return max(_FEWEST_DECIMALS, places)


def price(value: Decimal, places: int) -> str:
    """`1,187.42` with so many decimal places."""
    return f"{value:,.{places}f}"


def shown_time(start: datetime, interval: str) -> datetime:
    """The time to show for a bar, in UTC: an exchange day as that date's midnight."""
    if interval != "1d":
        return start.astimezone(UTC)
    return start.astimezone(EXCHANGE_TIMEZONE).replace(tzinfo=UTC)


def bar_name(start: datetime, interval: str) -> str:
    """`1 Mar 2013`, or `1 Mar 2013 14:30` for a bar shorter than a day."""
    shown = shown_time(start, interval)
    day = f"{shown.day} {shown:%b %Y}"
    return day if interval == "1d" else f"{day} {shown:%H:%M}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 gap`, `2 gaps`; `many` is for words that take more than an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
