"""Results of statements, and the recent ones by query id."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection
from fakesnow.rowtype import ColumnInfo, describe_as_rowtype

KEPT = 64
"""Number of results that RESULT_SCAN can still find."""


@dataclass(frozen=True)
class Result:
    """A table, and its columns as the protocol describes them."""

    columns: list[ColumnInfo]
    table: pa.Table


def describe(duck_conn: DuckDBPyConnection) -> list[ColumnInfo]:
    """Returns the columns of a connection's last result."""
    described = [
        (name, str(kind), None, None, None, None) for name, kind, *_ in duck_conn.description or []
    ]
    return describe_as_rowtype(described)


def query(duck_conn: DuckDBPyConnection, sql: str) -> Result:
    """Runs a query in DuckDB's dialect and returns its result."""
    table = duck_conn.execute(sql).to_arrow_table()
    return Result(describe(duck_conn), table)


def rows(duck_conn: DuckDBPyConnection, table: pa.Table) -> Result:
    """Returns a table as a result."""
    duck_conn.register("_RESULT", table)
    try:
        return query(duck_conn, 'SELECT * FROM "_RESULT"')
    finally:
        duck_conn.unregister("_RESULT")


def status(duck_conn: DuckDBPyConnection, text: str) -> Result:
    """Returns a status message as a result."""
    return rows(duck_conn, pa.table({"status": [text]}))


class RecentResults(dict[str, tuple[Any, ...]]):
    """The newest results by query id, for RESULT_SCAN; fakesnow would keep all of them."""

    def __setitem__(self, key: str, value: tuple[Any, ...]) -> None:
        super().__setitem__(key, value)
        while len(self) > KEPT:
            self.pop(next(iter(self)), None)
