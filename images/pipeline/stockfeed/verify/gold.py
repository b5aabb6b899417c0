"""Compares silver with gold, inside of Snowflake, where the looked-at rows touch it."""

# ruff: noqa: S608 - names are checked settings and constants; values are bound

from typing import Final

from stockfeed.reader import Reader, Row
from stockfeed.verify.findings import Finding, Kind
from stockfeed.verify.lines import SILVER, Lines

CANDLES: Final = "GOLD_CANDLESTICK"
LATEST: Final = "GOLD_KPI"
SLICES: Final = {"1m": 60, "5m": 300, "1h": 3600}
"""Candles by slices of UTC, in seconds; `1d` follows the exchange's days, by the same model."""

_SHOWN: Final = 20


def read_gold(reader: Reader, lines: Lines) -> list[Finding]:
    """Candles that do not count silver's quotes, and latest quotes that are not the latest.

    What silver got after gold was built is left out: a build may be under way.

    Raises:
        MissingTableError: nothing was ever built.
    """
    found = []
    for interval, seconds in SLICES.items():
        query = _candles(lines.query, reader.models, interval, seconds)
        values = (*lines.values, *lines.slices(seconds))
        rows = reader.rows(f"compare candles of {interval}", query, *values)
        found += [_candle(interval, row) for row in rows]
    latest = reader.rows(
        "compare the latest quotes", _latest(lines.query, reader.models), *lines.values
    )
    return [*found, *map(_stale, latest)]


def _candles(lines: str, models: str, interval: str, seconds: int) -> str:
    return f"""
        WITH TOUCHED AS (
            SELECT DISTINCT SYMBOL, T - MOD(T, {seconds}) AS SLICE
            FROM ({lines}) WHERE BAD_REASON IS NULL
        ),
        WANTED AS (
            SELECT S.SYMBOL, X.SLICE, COUNT(*) AS QUOTES, MAX(S.BATCH_SEQ) AS NEWEST
            FROM {models}.{SILVER} S
            JOIN TOUCHED X ON S.SYMBOL = X.SYMBOL AND S.T - MOD(S.T, {seconds}) = X.SLICE
            WHERE S.T >= ? AND S.T < ?
            GROUP BY 1, 2
        )
        SELECT W.SYMBOL, W.SLICE, W.QUOTES AS WANTED, G.QUOTES AS FOUND
        FROM WANTED W
        CROSS JOIN (SELECT COALESCE(MAX(BATCH_SEQ), -1) AS BUILT FROM {models}.{CANDLES}) B
        LEFT JOIN {models}.{CANDLES} G
            ON G.SYMBOL = W.SYMBOL AND G.BAR_INTERVAL = '{interval}'
            AND G.BUCKET_START = DATEADD('second', W.SLICE, '1970-01-01'::TIMESTAMP_NTZ)
        WHERE W.NEWEST <= B.BUILT AND (G.QUOTES IS NULL OR G.QUOTES <> W.QUOTES)
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
        f"{row['symbol']}: the {interval} candle at t={row['slice']} counts {row['found'] or 0} "
        f"quotes, silver has {row['wanted']}",
    )


def _stale(row: Row) -> Finding:
    return Finding(
        Kind.GOLD,
        f"{row['symbol']}: the latest quote in gold is of t={row['found']}, silver has one of "
        f"t={row['wanted']}",
    )
