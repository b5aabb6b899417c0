"""The files that a demo run leaves: summary, candles and KPIs."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from stockfeed_local.demo.warehouse import Candle


def write_summary(path: Path, summary: Mapping[str, object]) -> None:
    """`summary.json`."""
    path.write_text(json.dumps(summary, indent=2) + "\n")


def write_candles(path: Path, candles: Iterable[Candle]) -> None:
    """`gold_candlestick.csv`: starts in UTC, ISO 8601."""
    header = ("symbol", "interval", "bucket_start", "open", "high", "low", "close", "quotes")
    _write(path, header, candles)


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Any table, its columns as they are."""
    header = tuple(rows[0]) if rows else ()
    _write(path, header, ([row[name] for name in header] for row in rows))


def _write(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([_text(value) for value in row] for row in rows)


def _text(value: object) -> object:
    if isinstance(value, datetime):
        # Snowflake's TIMESTAMP_NTZ has no zone; all of ours are in UTC unless their name says so.
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value
