"""One feed's data in the warehouse, read by SQL from this machine."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error

from stockfeed.contract import tables
from stockfeed_local.quotes.bars import Bar
from support.e2e.reach import warehouse_address

_QUOTES_PER_BAR = 4


@dataclass(frozen=True)
class Warehouse:
    """A feed's schemas in the emulator."""

    database: str
    raw: str
    gold: str

    def daily(self) -> set[Bar]:
        """Returns gold's daily candlesticks, as bars."""
        rows = self._rows(
            "SELECT symbol, bucket_start, open, high, low, close "
            f"FROM {self.database}.{self.gold}.gold_candlestick WHERE bar_interval = '1d'"
        )
        return {Bar(row[0], row[1].replace(tzinfo=UTC), *row[2:]) for row in rows}

    def silver(self) -> int:
        """Returns the number of quotes in silver."""
        return self._count(f"{self.gold}.silver_clean_stock")

    def silver_by_symbol(self) -> dict[str, int]:
        """Returns the number of quotes in silver by symbol."""
        table = f"{self.database}.{self.gold}.silver_clean_stock"
        return dict(self._rows(f"SELECT symbol, COUNT(*) FROM {table} GROUP BY symbol"))

    def price(self, symbol: str) -> str:
        """Returns the symbol's price in gold_kpi; empty if there is none."""
        table = f"{self.database}.{self.gold}.gold_kpi"
        rows = self._rows(f"SELECT current_price FROM {table} WHERE symbol = '{symbol}'")
        return str(rows[0][0]) if rows else ""

    def set_price(self, symbol: str, price: str) -> None:
        """Sets the symbol's price in gold_kpi to a value that no quote has."""
        table = f"{self.database}.{self.gold}.gold_kpi"
        done = self._rows(f"UPDATE {table} SET current_price = {price} WHERE symbol = '{symbol}'")
        assert done, f"{table} is not changed"

    @contextmanager
    def without(self, table: str, condition: str) -> Iterator[None]:
        """Removes rows of a raw table while the block runs."""
        name = f"{self.database}.{self.raw}.{table}"
        _execute(
            f"CREATE TABLE {name}_KEPT AS SELECT * FROM {name} WHERE {condition}",
            f"DELETE FROM {name} WHERE {condition}",
        )
        try:
            yield
        finally:
            _execute(f"INSERT INTO {name} SELECT * FROM {name}_KEPT", f"DROP TABLE {name}_KEPT")

    def loaded(self) -> int:
        """Returns the number of rows in the raw table."""
        return self._count(f"{self.raw}.{tables.QUOTES}")

    def partitions(self, symbol: str) -> set[int]:
        """Returns the partitions with loaded quotes of the symbol, and partition 0."""
        rows = self._rows(
            "SELECT DISTINCT v:_meta:partition::NUMBER "
            f"FROM {self.database}.{self.raw}.{tables.QUOTES} WHERE v:symbol::VARCHAR = '{symbol}'"
        )
        return {0, *(int(row[0]) for row in rows)}

    def repeated(self) -> list[Any]:
        """Returns the offsets that are in the raw table more than once."""
        return self._rows(
            "SELECT SPLIT_PART(file_name, '/', 4), v:_meta:partition::NUMBER, "
            "v:_meta:offset::NUMBER, COUNT(*) "
            f"FROM {self.database}.{self.raw}.{tables.QUOTES} GROUP BY 1, 2, 3 HAVING COUNT(*) > 1"
        )

    def differences(self, bars: Iterable[Bar]) -> str:
        """Describes how gold's daily bars differ from the given ones; empty if they do not.

        Rows that were loaded twice are differences, too.
        """
        wanted, found = set(bars), self.daily()
        missing, wrong = wanted - found, found - wanted
        parts = {
            "missing or different bars": sorted(missing, key=_key)[:5],
            "bars that are not on the tape": sorted(wrong, key=_key)[:5],
            "offsets loaded twice": self.repeated()[:5],
        }
        texts = [f"{what}: {rows}" for what, rows in parts.items() if rows]
        if self.silver() != len(wanted) * _QUOTES_PER_BAR and not texts:
            texts.append(f"{self.silver()} quotes in silver for {len(wanted)} bars")
        return "; ".join(texts)

    def _count(self, table: str) -> int:
        rows = self._rows(f"SELECT COUNT(*) FROM {self.database}.{table}")
        return int(rows[0][0]) if rows else 0

    def _rows(self, query: str) -> list[Any]:
        """Returns the rows; none if the table does not exist or the emulator does not respond."""
        try:
            connection = _connect()
        except Error:
            return []
        with connection:
            try:
                cursor = connection.cursor()
                cursor.execute(query)
                return list(cursor.fetchall())
            except Error:
                return []


def _connect() -> SnowflakeConnection:
    host, _, port = warehouse_address().partition(":")
    return snowflake.connector.connect(
        account="emulator", user="stockfeed", password="not-asked-for",
        host=host, port=int(port), protocol="http",
        login_timeout=10, network_timeout=20,
    )  # fmt: skip


def _execute(*statements: str) -> None:
    with _connect() as connection:
        for statement in statements:
            connection.cursor().execute(statement)


def _key(bar: Bar) -> tuple[Any, ...]:
    return bar.symbol, bar.start
