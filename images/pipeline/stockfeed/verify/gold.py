"""Gold: compares it with silver inside Snowflake, where the verified rows contribute to it."""

# ruff: noqa: S608 - names are checked settings and constants; values are bound

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from stockfeed.contract.times import format_rfc3339
from stockfeed.reader import Reader, Row
from stockfeed.verify.bronze import SILVER, BronzeRows
from stockfeed.verify.findings import Finding, Kind

CANDLES: Final = "GOLD_CANDLESTICK"
VOLATILITY: Final = "GOLD_VOLATILITY"
LATEST: Final = "GOLD_KPI"
SLICES: Final = {"1m": 60, "5m": 300, "1h": 3600}
"""The candle intervals that are aligned to UTC, in seconds."""

# A day may have 25 hours, and the exchange's time zone may be half a day from UTC.
_DAY_REACH: Final = 2 * 86_400
_SHOWN: Final = 20


def read_gold(reader: Reader, bronze: BronzeRows, exchange: ZoneInfo) -> list[Finding]:
    """Finds candles that miscount silver's quotes, outdated volatility, and outdated latest quotes.

    Each model is compared up to its own newest batch, because a build may be running.

    Args:
        reader: the session to use.
        bronze: the rows to verify.
        exchange: the exchange's time zone, which defines the days of `1d` candles.

    Raises:
        MissingTableError: nothing was ever built.
    """
    found = []
    kinds = [_sliced(interval, seconds, bronze) for interval, seconds in SLICES.items()]
    for kind in (*kinds, _daily(exchange, bronze)):
        query = _candles(bronze.query, reader.models, kind)
        rows = reader.rows(f"compare candles of {kind.name}", query, *bronze.values, *kind.reach)
        found += [_wrong_count(kind.name, row) for row in rows]
        query = _volatility(bronze.query, reader.models, kind)
        rows = reader.rows(f"compare volatility of {kind.name}", query, *bronze.values, *kind.reach)
        found += [_wrong_volatility(kind.name, row) for row in rows]
    latest = reader.rows(
        "compare the latest quotes", _latest(bronze.query, reader.models), *bronze.values
    )
    return [*found, *map(_outdated_latest, latest)]


@dataclass(frozen=True, slots=True)
class _Bars:
    """A candle interval.

    Attributes:
        name: as in gold's BAR_INTERVAL.
        start: SQL for the start (UTC) of the candle of a row with the column T.
        reach: bounds of T, end exclusive, that include the complete candles of all rows.
    """

    name: str
    start: str
    reach: tuple[int, int]


def _sliced(interval: str, seconds: int, bronze: BronzeRows) -> _Bars:
    return _Bars(interval, _utc(f"T - MOD(T, {seconds})"), bronze.market_times(seconds))


def _daily(exchange: ZoneInfo, bronze: BronzeRows) -> _Bars:
    wall_clock = f"CONVERT_TIMEZONE('UTC', '{exchange.key}', {_utc('T')})"
    start = f"CONVERT_TIMEZONE('{exchange.key}', 'UTC', DATE_TRUNC('day', {wall_clock}))"
    first, end = bronze.market_times(_DAY_REACH)
    return _Bars("1d", f"{start}::TIMESTAMP_NTZ", (first - _DAY_REACH, end + _DAY_REACH))


def _utc(seconds: str) -> str:
    return f"DATEADD('second', {seconds}, '1970-01-01'::TIMESTAMP_NTZ)"


def _candles(lines: str, models: str, bars: _Bars) -> str:
    return f"""
        WITH TOUCHED AS (
            SELECT DISTINCT SYMBOL, {bars.start} AS SLICE
            FROM ({lines}) WHERE BAD_REASON IS NULL
        ),
        QUOTES AS (
            SELECT SYMBOL, {bars.start} AS SLICE, BATCH_SEQ
            FROM {models}.{SILVER} WHERE T >= ? AND T < ?
        ),
        WANTED AS (
            SELECT S.SYMBOL, S.SLICE, COUNT(*) AS QUOTES, MAX(S.BATCH_SEQ) AS NEWEST
            FROM QUOTES S JOIN TOUCHED X ON S.SYMBOL = X.SYMBOL AND S.SLICE = X.SLICE
            GROUP BY 1, 2
        )
        SELECT W.SYMBOL, W.SLICE, W.QUOTES AS WANTED, G.QUOTES AS FOUND
        FROM WANTED W
        CROSS JOIN (SELECT COALESCE(MAX(BATCH_SEQ), -1) AS BUILT FROM {models}.{CANDLES}) B
        LEFT JOIN {models}.{CANDLES} G
            ON G.SYMBOL = W.SYMBOL AND G.BAR_INTERVAL = '{bars.name}' AND G.BUCKET_START = W.SLICE
        WHERE W.NEWEST <= B.BUILT AND (G.QUOTES IS NULL OR G.QUOTES <> W.QUOTES)
        ORDER BY 1, 2 LIMIT {_SHOWN}
    """


def _volatility(lines: str, models: str, bars: _Bars) -> str:
    """Finds candles whose volatility row is missing, outdated, or computed from another close."""
    return f"""
        WITH CANDLES AS (
            SELECT SYMBOL, BUCKET_START, CLOSE, BATCH_SEQ FROM {models}.{CANDLES}
            WHERE BAR_INTERVAL = '{bars.name}'
              AND SYMBOL IN (SELECT SYMBOL FROM ({lines}) WHERE BAD_REASON IS NULL)
              AND BUCKET_START >= {_utc("?")} AND BUCKET_START < {_utc("?")}
        )
        SELECT C.SYMBOL, C.BUCKET_START AS SLICE, C.CLOSE AS WANTED, V.CLOSE AS FOUND
        FROM CANDLES C
        CROSS JOIN (SELECT COALESCE(MAX(BATCH_SEQ), -1) AS BUILT FROM {models}.{VOLATILITY}) B
        LEFT JOIN {models}.{VOLATILITY} V
            ON V.SYMBOL = C.SYMBOL AND V.BAR_INTERVAL = '{bars.name}'
            AND V.BUCKET_START = C.BUCKET_START
        WHERE C.BATCH_SEQ <= B.BUILT
          AND (V.CLOSE IS NULL OR V.CLOSE <> C.CLOSE OR V.BATCH_SEQ < C.BATCH_SEQ)
        ORDER BY 1, 2 LIMIT {_SHOWN}
    """


def _latest(lines: str, models: str) -> str:
    return f"""
        WITH WANTED AS (
            SELECT S.SYMBOL, MAX(S.T) AS T
            FROM {models}.{SILVER} S
            JOIN (SELECT DISTINCT SYMBOL FROM ({lines}) WHERE BAD_REASON IS NULL) X
                ON S.SYMBOL = X.SYMBOL
            WHERE S.BATCH_SEQ <= (SELECT MAX(BATCH_SEQ) FROM {models}.{LATEST})
            GROUP BY 1
        )
        SELECT W.SYMBOL, W.T AS WANTED, G.T AS FOUND
        FROM WANTED W LEFT JOIN {models}.{LATEST} G ON G.SYMBOL = W.SYMBOL
        WHERE G.T IS NULL OR G.T < W.T
        ORDER BY 1 LIMIT {_SHOWN}
    """


def _wrong_count(interval: str, row: Row) -> Finding:
    return Finding(
        Kind.GOLD,
        f"{row['symbol']}: the {interval} candle of {_format_start(row['slice'])} counts "
        f"{row['found'] or 0} quotes, but silver has {row['wanted']}",
    )


def _wrong_volatility(interval: str, row: Row) -> Finding:
    what = "is missing" if row["found"] is None else f"has a close of {row['found']}"
    return Finding(
        Kind.GOLD,
        f"{row['symbol']}: the {interval} volatility at {_format_start(row['slice'])} "
        f"{what}, but the candle's close is {row['wanted']}",
    )


def _outdated_latest(row: Row) -> Finding:
    return Finding(
        Kind.GOLD,
        f"{row['symbol']}: the latest quote in gold has t={row['found']}, but silver has one with "
        f"t={row['wanted']}",
    )


def _format_start(start: datetime) -> str:
    return format_rfc3339(start.replace(tzinfo=UTC), "seconds")
