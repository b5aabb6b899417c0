"""What a statement answers with."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection
from fakesnow.rowtype import ColumnInfo, describe_as_rowtype

KEPT = 64
"""Results that RESULT_SCAN can still find."""


@dataclass(frozen=True)
class Result:
    """Rows, and their columns as the protocol describes them."""

    columns: list[ColumnInfo]
    table: pa.Table


def describe(duck_conn: DuckDBPyConnection) -> list[ColumnInfo]:
    """The columns of a connection's last result."""
    described = [
        (name, str(kind), None, None, None, None) for name, kind, *_ in duck_conn.description or []
    ]
    return describe_as_rowtype(described)


def query(duck_conn: DuckDBPyConnection, sql: str) -> Result:
    """Runs a query of the emulator's own, in DuckDB's dialect."""
    table = duck_conn.execute(sql).to_arrow_table()
    return Result(describe(duck_conn), table)


def rows(duck_conn: DuckDBPyConnection, table: pa.Table) -> Result:
    """Answers with rows of the emulator's own."""
    duck_conn.register("_ANSWER", table)
    try:
        return query(duck_conn, 'SELECT * FROM "_ANSWER"')
    finally:
        duck_conn.unregister("_ANSWER")


def status(duck_conn: DuckDBPyConnection, text: str) -> Result:
    """Answers with one line of text."""
    return rows(duck_conn, pa.table({"status": [text]}))


class RecentResults(dict[str, tuple[Any, ...]]):
    """Results by query id, for RESULT_SCAN; keeps the newest, where fakesnow keeps all."""

    def __setitem__(self, key: str, value: tuple[Any, ...]) -> None:
        super().__setitem__(key, value)
        while len(self) > KEPT:
            self.pop(next(iter(self)), None)
