"""Bars from a CSV file, checked, with their prices exactly as they are written.

ConfigurationError
└── BarsError               names the file, the line and the column, and says what to do
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
"""What is read; `Volume` and any other column may be there and has no meaning here."""

DECIMALS: Final = 8
"""Decimal places that the warehouse's NUMBER(20,8) keeps."""
_WHOLE_DIGITS: Final = 12
_PRICE: Final = re.compile(rf"[0-9]{{1,{_WHOLE_DIGITS}}}(\.[0-9]{{1,{DECIMALS}}})?")


class BarsError(ConfigurationError):
    """A file of bars cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Open, high, low and close of one symbol over one interval.

    Attributes:
        symbol: ticker.
        start: of the interval, in UTC; for an exchange day its local midnight. This is gold's
            `bucket_start`.
    """

    symbol: str
    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


def sample_file() -> Path:
    """12,154 daily bars of AAPL, FB, GOOG, IBM and MSFT, from 2000 to 2013."""
    return Path(package_path("stocks.csv.gz"))


def read_bars(path: Path, interval: Interval) -> list[Bar]:
    """The file's bars, by symbol and start.

    Args:
        path: a CSV file with a header, plain or (named `*.gz`) compressed.
        interval: what a bar spans; it decides how `Date` is read.

    Raises:
        BarsError: the file cannot be read, or the first row that is wrong.
    """
    try:
        with _open(path) as file:
            bars = list(_bars(path, csv.DictReader(file, strict=True), interval))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise BarsError(f"{path}: cannot be read as CSV: {error}") from error
    if not bars:
        raise BarsError(f"{path}: has no bars; give one row per bar below the header")
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
                f"{place}, column {DATE}: {bar.symbol} has a bar of {row[DATE]} in line {first} "
                "already; keep one of them"
            )
        yield bar


def _check_columns(path: Path, found: Iterable[str]) -> None:
    missing = [column for column in COLUMNS if column not in found]
    if missing:
        raise BarsError(
            f"{path}, line 1: no column {', '.join(missing)}; "
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
            f"{place}, column {column}: {text} is no price; write a number above 0 such as "
            f"187.42, with at most {_WHOLE_DIGITS} digits before and {DECIMALS} after the point"
        )
    return Decimal(text)


def _check_range(place: str, bar: Bar) -> None:
    for column, price in ((OPEN, bar.open), (CLOSE, bar.close)):
        if not bar.low <= price <= bar.high:
            raise BarsError(
                f"{place}, column {column}: {price} lies outside low {bar.low} and high "
                f"{bar.high}; correct the row"
            )
