"""fakesnow's cursor with the emulator's rewriting of statements."""

from typing import Any

from fakesnow import transforms
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

from stockfeed_local.emulator import describe, functions, merge
from stockfeed_local.emulator.create_table_as import create_table_as
from stockfeed_local.emulator.temporary import TemporaryObjects

# fakesnow's cursor looks its transforms up in their module; there is no other way to one of them.
transforms.create_table_as = create_table_as


class EmulatorCursor(FakeSnowflakeCursor):  # type: ignore[misc]  # fakesnow has no types
    """Runs one parsed statement on DuckDB.

    Args:
        conn: The session.
        duck_conn: Its DuckDB connection.
        temporaries: Its temporary objects.
    """

    def __init__(self, conn: Any, duck_conn: Any, temporaries: TemporaryObjects) -> None:
        super().__init__(conn, duck_conn)
        self._temporaries = temporaries
        self._columns: list[tuple[Any, ...]] = []

    def translate(self, statement: exp.Expression) -> str:
        """One statement of Snowflake's as DuckDB's SQL."""
        rewritten = functions.rewrite(self._temporaries.rewrite(statement))
        sql: str = self._transform(rewritten, None).sql(dialect="duckdb")
        return sql

    def _transform_explode(self, expression: exp.Expression) -> list[exp.Expression]:
        expression = functions.rewrite(self._temporaries.rewrite(expression))
        if isinstance(expression, exp.Merge):
            return [merge.native(expression)]
        statements: list[exp.Expression] = super()._transform_explode(expression)
        return statements

    def _execute(self, transformed: exp.Expression, params: Any = None) -> None:
        if describe.is_describe(transformed):
            self._execute_describe(transformed)
            return
        _escape_comment(transformed)
        super()._execute(transformed, params)
        if isinstance(transformed, exp.Merge):
            self._count_merge(transformed)
        self._columns = list(self._duck_conn.description or [])

    def _execute_describe(self, statement: exp.Expression) -> None:
        table = statement.find(exp.Table)
        if table.db.upper() == "_FS_INFORMATION_SCHEMA":
            super()._execute(statement)
            self._columns = list(self._duck_conn.description or [])
            return
        catalog, schema = table.catalog or self._conn.database, table.db or self._conn.schema
        for part in describe.describe(table, catalog, schema):
            self._execute(part)

    def _count_merge(self, statement: exp.Merge) -> None:
        actions = self._arrow_table.column("merge_action").to_pylist()
        sql, self._rowcount = merge.counts_sql(statement, actions)
        self._arrow_table = self._duck_conn.execute(sql).to_arrow_table()

    def _describe_last_sql(self) -> list[tuple[Any, ...]]:
        """The result's columns as DuckDB reported them: describing again would run late."""
        return [(name, str(kind), None, None, None, None) for name, kind, *_ in self._columns]


def _escape_comment(statement: exp.Expression) -> None:
    """fakesnow writes a comment between quotes as it is, and None as a word."""
    table, comment = statement.args.get("table_comment") or (None, None)
    escaped = (table, comment.replace("'", "''")) if comment else None
    statement.args["table_comment"] = escaped
