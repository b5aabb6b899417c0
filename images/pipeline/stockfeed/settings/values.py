"""Types of settings written as text: durations, sizes, lists and names."""

from collections import Counter
from math import ceil
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from stockfeed.contract.durations import parse_duration, parse_size

_DAY_SECONDS = 86_400


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _seconds_or_off(value: object) -> object:
    return None if value == "off" else _seconds(value)


def _days(value: object) -> object:
    return ceil(parse_duration(value) / _DAY_SECONDS) if isinstance(value, str) else value


def _bytes(value: object) -> object:
    return parse_size(value) if isinstance(value, str) else value


def _symbols(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _each_once(symbols: tuple[str, ...]) -> tuple[str, ...]:
    repeated = [symbol for symbol, count in Counter(symbols).items() if count > 1]
    if repeated:
        raise ValueError(f"listed more than once: {', '.join(repeated)}")
    return symbols


Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]
SecondsOrOff = Annotated[Annotated[float, Field(gt=0)] | None, BeforeValidator(_seconds_or_off)]
"""A duration in seconds; `off` means None."""
Days = Annotated[int, BeforeValidator(_days), Field(gt=0)]
"""A duration in days, rounded up."""
Bytes = Annotated[int, BeforeValidator(_bytes), Field(gt=0)]
Symbols = Annotated[
    tuple[str, ...], BeforeValidator(_symbols), AfterValidator(_each_once), Field(min_length=1)
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=63)]
"""A name used in object keys and topic names, so it must not contain their separators."""
