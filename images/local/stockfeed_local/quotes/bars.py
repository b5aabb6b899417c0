"""Reads and validates bars from a CSV file; prices keep every digit that is in the file.

ConfigurationError
└── BarsError               names file, line and column, and how to correct them
"""

import csv
import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, TextIO

from bokeh_sampledata import package_path

from stockfeed.errors import ConfigurationError
from stockfeed_local.quotes.intervals import Interval

TICKER: Final = "Ticker"
DATE: Final = "Date"
OPEN: Final = "Open"
HIGH: Final = "High"
LOW: Final = "Low"
CLOSE: Final = "Close"
COLUMNS: Final = (TICKER, DATE, OPEN, HIGH, LOW, CLOSE)
"""The columns that are read; `Volume` and all others are ignored."""

DECIMALS: Final = 8
"""Most decimal places in a price: gold stores prices as NUMBER(20,8)."""
_WHOLE_DIGITS: Final = 12
_PRICE: Final = re.compile(rf"[0-9]{{1,{_WHOLE_DIGITS}}}(\.[0-9]{{1,{DECIMALS}}})?")


class BarsError(ConfigurationError):
    """A file of bars cannot be read or is invalid."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Open, high, low and close of one symbol over one interval.

    Attributes:
        symbol: Ticker.
        start: Start of the interval in UTC, which is `bucket_start` in gold. An exchange day
            starts at midnight in New York.
    """

    symbol: str
    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


def sample_file() -> Path:
    """Returns a file of 12,154 daily bars of AAPL, FB, GOOG, IBM and MSFT, from 2000 to 2013."""
    return Path(package_path("stocks.csv.gz"))


def read_bars(path: Path, interval: Interval) -> list[Bar]:
    """Reads a file's bars, sorted by symbol and start.

    Args:
        path: A CSV file with a header; compressed with gzip if its name ends in `.gz`.
        interval: Length of a bar, which decides the format of `Date`.

    Raises:
        BarsError: The file cannot be read, or a row is invalid; the message names the first one.
    """
    try:
        with _open(path) as file:
            bars = list(_bars(path, csv.DictReader(file, strict=True), interval))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise BarsError(f"{path}: cannot be read as CSV: {error}") from error
    if not bars:
        raise BarsError(f"{path}: has no bars; add one row per bar below the header")
    return sorted(bars, key=lambda bar: (bar.symbol, bar.start))


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _bars(path: Path, rows: "csv.DictReader[str]", interval: Interval) -> Iterator[Bar]:
    _check_columns(path, rows.fieldnames or [])
    lines: dict[tuple[str, datetime], int] = {}
    for row in rows:
        place = f"{path}, line {rows.line_num}"
        bar = _bar(place, row, interval)
        first = lines.setdefault((bar.symbol, bar.start), rows.line_num)
        if first != rows.line_num:
            raise BarsError(
                f"{place}, column {DATE}: {bar.symbol} already has a bar for {row[DATE]} in line "
                f"{first}; keep one of them"
            )
        yield bar


def _check_columns(path: Path, found: Iterable[str]) -> None:
    missing = [column for column in COLUMNS if column not in found]
    if missing:
        raise BarsError(
            f"{path}, line 1: missing column {', '.join(missing)}; "
            f"the header must name {','.join(COLUMNS)}"
        )


def _bar(place: str, row: Mapping[str, str | None], interval: Interval) -> Bar:
    bar = Bar(
        symbol=_text(place, row, TICKER),
        start=_start(place, row, interval),
        open=_price(place, row, OPEN),
        high=_price(place, row, HIGH),
        low=_price(place, row, LOW),
        close=_price(place, row, CLOSE),
    )
    _check_range(place, bar)
    return bar


def _text(place: str, row: Mapping[str, str | None], column: str) -> str:
    text = (row[column] or "").strip()
    if not text:
        raise BarsError(f"{place}, column {column}: is empty; fill it in or remove the row")
    return text


def _start(place: str, row: Mapping[str, str | None], interval: Interval) -> datetime:
    text = _text(place, row, DATE)
    try:
        return interval.parse(text)
    except ValueError as error:
        raise BarsError(f"{place}, column {DATE}: {text} {error}") from error


def _price(place: str, row: Mapping[str, str | None], column: str) -> Decimal:
    text = _text(place, row, column)
    if not _PRICE.fullmatch(text) or not Decimal(text):
        raise BarsError(
            f"{place}, column {column}: {text} is not a price; use a number above 0, e.g. 187.42, "
            f"with at most {_WHOLE_DIGITS} digits before and {DECIMALS} after the decimal point"
        )
    return Decimal(text)


def _check_range(place: str, bar: Bar) -> None:
    for column, price in ((OPEN, bar.open), (CLOSE, bar.close)):
        if not bar.low <= price <= bar.high:
            raise BarsError(
                f"{place}, column {column}: {price} is not between low {bar.low} and high "
                f"{bar.high}; correct the row"
            )
