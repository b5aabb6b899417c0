"""Compares silver with gold, inside of Snowflake, where the looked-at rows touch it."""

# ruff: noqa: S608 - names are checked settings and constants; values are bound

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from stockfeed.contract.times import format_rfc3339
from stockfeed.reader import Reader, Row
from stockfeed.verify.bronze import SILVER, Lines
from stockfeed.verify.findings import Finding, Kind

CANDLES: Final = "GOLD_CANDLESTICK"
VOLATILITY: Final = "GOLD_VOLATILITY"
LATEST: Final = "GOLD_KPI"
SLICES: Final = {"1m": 60, "5m": 300, "1h": 3600}
"""Candles by slices of UTC, in seconds."""

# A day may have 25 hours, and the exchange may be half a day ahead of UTC or behind.
_DAY_REACH: Final = 2 * 86_400
_SHOWN: Final = 20


def read_gold(reader: Reader, lines: Lines, exchange: ZoneInfo) -> list[Finding]:
    """Candles that are not of silver's quotes, volatility not of the candles, stale latest quotes.

    What came after a model was built is left out: a build may be under way.

    Args:
        reader: a session.
        lines: the rows.
        exchange: the exchange's time zone, whose days the candles of `1d` are.

    Raises:
        MissingTableError: nothing was ever built.
    """
    found = []
    kinds = [_sliced(interval, seconds, lines) for interval, seconds in SLICES.items()]
    for kind in (*kinds, _daily(exchange, lines)):
        query = _candles(lines.query, reader.models, kind)
        rows = reader.rows(f"compare candles of {kind.name}", query, *lines.values, *kind.reach)
        found += [_candle(kind.name, row) for row in rows]
        query = _volatility(lines.query, reader.models, kind)
        rows = reader.rows(f"compare volatility of {kind.name}", query, *lines.values, *kind.reach)
        found += [_unmeasured(kind.name, row) for row in rows]
    latest = reader.rows(
        "compare the latest quotes", _latest(lines.query, reader.models), *lines.values
    )
    return [*found, *map(_stale, latest)]


@dataclass(frozen=True, slots=True)
class _Bars:
    """One interval of candles.

    Attributes:
        name: as in gold.
        start: SQL of a candle's start in UTC, from the column T.
        reach: bounds of T that hold whole candles of all rows.
    """

    name: str
    start: str
    reach: tuple[int, int]


def _sliced(interval: str, seconds: int, lines: Lines) -> _Bars:
    return _Bars(interval, _utc(f"T - MOD(T, {seconds})"), lines.slices(seconds))


def _daily(exchange: ZoneInfo, lines: Lines) -> _Bars:
    wall_clock = f"CONVERT_TIMEZONE('UTC', '{exchange.key}', {_utc('T')})"
    start = f"CONVERT_TIMEZONE('{exchange.key}', 'UTC', DATE_TRUNC('day', {wall_clock}))"
    first, end = lines.slices(_DAY_REACH)
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
    """Candles of the rows' symbols, within the rows' reach, whose volatility is not of them."""
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


def _candle(interval: str, row: Row) -> Finding:
    return Finding(
        Kind.GOLD,
        f"{row['symbol']}: the {interval} candle of {_shown(row['slice'])} counts "
        f"{row['found'] or 0} quotes, silver has {row['wanted']}",
    )


def _unmeasured(interval: str, row: Row) -> Finding:
    what = "is missing" if row["found"] is None else f"is of a close of {row['found']}"
    return Finding(
        Kind.GOLD,
        f"{row['symbol']}: the volatility at the {interval} candle of {_shown(row['slice'])} "
        f"{what}, the candle's close is {row['wanted']}",
    )


def _stale(row: Row) -> Finding:
    return Finding(
        Kind.GOLD,
        f"{row['symbol']}: the latest quote in gold is of t={row['found']}, silver has one of "
        f"t={row['wanted']}",
    )


def _shown(start: datetime) -> str:
    return format_rfc3339(start.replace(tzinfo=UTC), "seconds")
