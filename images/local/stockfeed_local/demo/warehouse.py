"""Queries the warehouse with SQL, as a user would."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error

from stockfeed.contract import env, tables
from stockfeed_local.demo.roles import DATABASE

_RAW = f"{DATABASE}.RAW"
_GOLD = f"{DATABASE}.ANALYTICS"


class CandleRow(NamedTuple):
    """A row of gold_candlestick; `start` is in UTC."""

    symbol: str
    interval: str
    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quotes: int


class SilverQuote(NamedTuple):
    """The columns of silver_clean_stock that identify a quote; `time` is in Unix seconds."""

    symbol: str
    time: int
    current: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    previous_close: Decimal


class RowCounts(NamedTuple):
    """Rows of the raw table and of silver, and when silver's newest quote was last polled."""

    loaded: int
    silver: int
    newest: datetime | None


class DemoWarehouse:
    """Read-only queries to the emulator; see `connect`."""

    def __init__(self, connection: SnowflakeConnection) -> None:
        self._connection = connection

    def counts(self) -> RowCounts:
        """Returns the current counts; zeros while the tables do not exist."""
        loaded = self._first(f"SELECT COUNT(*) FROM {_RAW}.{tables.QUOTES}")
        silver = self._first(f"SELECT COUNT(*), MAX(last_seen_at) FROM {_GOLD}.silver_clean_stock")
        newest = silver[1].replace(tzinfo=UTC) if silver and silver[1] else None
        return RowCounts(loaded[0] if loaded else 0, silver[0] if silver else 0, newest)

    def repeated_offsets(self) -> list[str]:
        """Returns one sentence per offset that was loaded more than once."""
        rows = self._rows(
            f"""
            SELECT SPLIT_PART(file_name, '/', 4), v:_meta:partition::NUMBER, v:_meta:offset::NUMBER,
                   COUNT(*)
            FROM {_RAW}.{tables.QUOTES} GROUP BY 1, 2, 3 HAVING COUNT(*) > 1
            """
        )
        return [
            f"{row[0]}, partition {row[1]}: offset {row[2]} loaded {row[3]} times" for row in rows
        ]

    def candles(self) -> list[CandleRow]:
        """Returns all candles, sorted by symbol, interval and start."""
        rows = self._rows(
            f"""
            SELECT symbol, bar_interval, bucket_start, open, high, low, close, quotes
            FROM {_GOLD}.gold_candlestick ORDER BY symbol, bar_interval, bucket_start
            """
        )
        return [CandleRow(row[0], row[1], row[2].replace(tzinfo=UTC), *row[3:]) for row in rows]

    def silver(self) -> list[SilverQuote]:
        """Returns all quotes in silver."""
        rows = self._rows(f"SELECT symbol, t, c, o, h, l, pc FROM {_GOLD}.silver_clean_stock")
        return [SilverQuote(*row) for row in rows]

    def table(self, name: str, order: str) -> list[Mapping[str, Any]]:
        """Returns the rows of a gold table with lower-case column names, sorted by `order`."""
        cursor = self._connection.cursor(snowflake.connector.DictCursor)
        cursor.execute(f"SELECT * FROM {_GOLD}.{name} ORDER BY {order}")
        return [{key.lower(): value for key, value in row.items()} for row in cursor.fetchall()]

    def _rows(self, query: str) -> list[Any]:
        cursor = self._connection.cursor()
        cursor.execute(query)
        return cursor.fetchall()

    def _first(self, query: str) -> Any:
        try:
            return self._rows(query)[0]
        except Error:
            return None


@contextmanager
def connect(environment: Mapping[str, str]) -> Iterator[DemoWarehouse]:
    """Opens a session with the environment variables of a role."""
    connection = snowflake.connector.connect(
        account=environment[env.SNOWFLAKE_ACCOUNT],
        user=environment[env.SNOWFLAKE_USER],
        password=environment[env.SNOWFLAKE_PASSWORD],
        host=environment[env.SNOWFLAKE_HOST],
        port=int(environment[env.SNOWFLAKE_PORT]),
        protocol=environment[env.SNOWFLAKE_PROTOCOL],
        network_timeout=30,
        platform_detection_timeout_seconds=0.0,
    )
    try:
        yield DemoWarehouse(connection)
    finally:
        connection.close()
