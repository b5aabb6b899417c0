"""A plain computation of silver and gold from landed lines, to compare the dbt models with."""

import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from statistics import stdev
from typing import Any

from support.dbtproject.stream import NEW_YORK, Line

EIGHT_DECIMALS = Decimal("0.00000001")
SLICES = {"1m": 60, "5m": 300, "1h": 3600}
REACH = {
    name: timedelta(days=days) for name, days in {"1m": 5, "5m": 5, "1h": 14, "1d": 60}.items()
}

Row = dict[str, Any]
Tables = dict[str, list[Row]]


def expected_tables(landed: list[tuple[int, Line]]) -> Tables:
    """Computes silver, KPI and candlestick rows from all landed lines."""
    silver = expected_silver([(batch, line) for batch, line in landed if is_quote(line)])
    ordered = sorted(silver, key=place)
    return {
        "silver_clean_stock": silver,
        "gold_kpi": list({row["symbol"]: kpi(row, silver) for row in ordered}.values()),
        "gold_candlestick": candles(ordered),
    }


def is_quote(line: Line) -> bool:
    """Returns whether a line is good; checks only the rules that `Stream.bad` violates."""
    numbers = [line.get(name) for name in ("o", "h", "l", "pc")]
    return (
        bool(line.get("symbol"))
        and type(line["c"]) in (int, float)
        and 0 < line["c"] < 1e12
        and line["t"] < 4_102_444_800
        and all(value is None or type(value) in (int, float) for value in numbers)
    )


def expected_silver(landed: list[tuple[int, Line]]) -> list[Row]:
    sightings = defaultdict(list)
    for batch, line in landed:
        identity = (
            line["symbol"],
            line["t"],
            *(price(line.get(n)) for n in ("c", "o", "h", "l", "pc")),
        )
        meta = line["_meta"]
        sightings[identity].append((milliseconds(meta["timestamp"]), meta["offset"], batch))
    return [silver_row(identity, seen) for identity, seen in sightings.items()]


def silver_row(identity: tuple[Any, ...], seen: list[tuple[datetime, int, int]]) -> Row:
    row = dict(zip(("symbol", "t", "c", "o", "h", "l", "pc"), identity, strict=True))
    below = row["l"] is not None and row["c"] < row["l"]
    above = row["h"] is not None and row["c"] > row["h"]
    local = datetime.fromtimestamp(row["t"], NEW_YORK).replace(tzinfo=None)
    first, last = min(seen), max(seen)
    return {
        **row,
        "quote_at": milliseconds(row["t"] * 1000),
        "exchange_at": local,
        "is_outside_range": below or above,
        "first_seen_at": first[0],
        "first_seen_offset": first[1],
        "last_seen_at": last[0],
        "last_seen_offset": last[1],
        "batch_seq": max(batch for _, _, batch in seen),
    }


def place(row: Row) -> tuple[Any, ...]:
    return row["t"], row["last_seen_at"], row["last_seen_offset"]


def first_place(row: Row) -> tuple[Any, ...]:
    """Returns the order of a quote's first sighting, which decides the open."""
    return row["t"], row["first_seen_at"], row["first_seen_offset"]


def kpi(row: Row, silver: list[Row]) -> Row:
    batches = [other["batch_seq"] for other in silver if other["symbol"] == row["symbol"]]
    kept = ("symbol", "t", "quote_at", "exchange_at", "last_seen_at", "last_seen_offset")
    change = None if row["pc"] is None else row["c"] - row["pc"]
    return {
        **{name: row[name] for name in kept},
        "current_price": row["c"],
        "previous_close": row["pc"],
        "change_amount": change,
        "batch_seq": max(batches),
    }


def candles(ordered: list[Row]) -> list[Row]:
    buckets = defaultdict(list)
    for row in ordered:
        midnight = datetime.combine(row["exchange_at"], datetime.min.time(), NEW_YORK)
        starts = {name: row["t"] - row["t"] % seconds for name, seconds in SLICES.items()}
        for interval, start in {**starts, "1d": int(midnight.timestamp())}.items():
            buckets[row["symbol"], interval, milliseconds(start * 1000)].append(row)
    return [candle(key, rows) for key, rows in buckets.items()]


def candle(key: tuple[str, str, datetime], rows: list[Row]) -> Row:
    prices = [row["c"] for row in rows]
    return {
        **dict(zip(("symbol", "bar_interval", "bucket_start"), key, strict=True)),
        "open": min(rows, key=first_place)["c"],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "quotes": len(rows),
        "batch_seq": max(row["batch_seq"] for row in rows),
    }


def volatility(bars: list[Row]) -> dict[tuple[Any, ...], tuple[float | None, float | None]]:
    """Computes log return and volatility by symbol, interval and bucket."""
    series = defaultdict(list)
    for bar in sorted(bars, key=lambda bar: bar["bucket_start"]):
        series[bar["symbol"], bar["bar_interval"]].append((bar["bucket_start"], bar["close"]))
    return {
        (*key, points[index][0]): measures(points[: index + 1], REACH[key[1]])
        for key, points in series.items()
        for index in range(len(points))
    }


def measures(
    points: list[tuple[datetime, Decimal]], reach: timedelta
) -> tuple[float | None, float | None]:
    at = points[-1][0]
    window = [close for start, close in points[-21:] if start >= at - reach]
    returns = [math.log(after / before) for before, after in pairwise(window)]
    return (returns[-1] if returns else None, stdev(returns) if len(returns) == 20 else None)


def price(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(EIGHT_DECIMALS, ROUND_HALF_UP)


def milliseconds(unix_ms: int) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=unix_ms)).replace(tzinfo=None)
