"""fakesnow's cursor, extended with the emulator's rewrites of statements."""

from typing import Any

from fakesnow import transforms
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.rowtype import ColumnInfo
from fakesnow.transforms.transforms import create_table_as as fakesnow_create_table_as
from sqlglot import Expr, exp

from stockfeed_local.emulator import describe, functions, merge, result
from stockfeed_local.emulator.names import table_of
from stockfeed_local.emulator.result import Result
from stockfeed_local.emulator.temporary_objects import TemporaryObjects


class EmulatorCursor(FakeSnowflakeCursor):
    """Runs one parsed statement on DuckDB.

    Args:
        conn: The session that the cursor belongs to.
        duck_conn: The session's DuckDB connection.
        temporaries: The session's temporary objects.
    """

    def __init__(self, conn: Any, duck_conn: Any, temporaries: TemporaryObjects) -> None:
        super().__init__(conn, duck_conn)
        self._temporaries = temporaries
        self._result_columns: list[ColumnInfo] = []

    def translate(self, statement: Expr) -> str:
        """Translates one statement from Snowflake's SQL to DuckDB's."""
        rewritten = functions.rewrite(self._temporaries.rewrite(statement))
        sql: str = self._transform(rewritten, None).sql(dialect="duckdb")
        return sql

    def _transform_explode(self, expression: Expr) -> list[Expr]:
        expression = functions.rewrite(self._temporaries.rewrite(expression))
        if isinstance(expression, exp.Merge):
            return [merge.native(expression)]
        statements: list[Expr] = super()._transform_explode(expression)
        return statements

    def _execute(self, transformed: Expr, params: Any = None) -> None:
        if describe.is_describe(transformed):
            self._execute_describe(transformed)
            return
        _escape_comment(transformed)
        super()._execute(transformed, params)
        if isinstance(transformed, exp.Merge):
            self._count_merge(transformed)
        self._result_columns = result.describe(self._duck_conn)

    def _execute_describe(self, statement: Expr) -> None:
        table = table_of(statement)
        catalog, schema = table.catalog or self._conn.database, table.db or self._conn.schema
        for part in describe.describe(table, str(catalog), str(schema)):
            self._execute(part)

    def _count_merge(self, statement: exp.Merge) -> None:
        table: Any = self._arrow_table
        sql = merge.counts_sql(statement, table.column("merge_action").to_pylist())
        counts: Any = self._duck_conn.execute(sql).to_arrow_table()
        self._arrow_table = counts

    def result(self) -> Result:
        """Returns the result of the last statement."""
        return Result(self._result_columns, self._arrow_table)


def _escape_comment(statement: Expr) -> None:
    """Escapes a table's comment, which fakesnow 0.12.1 does not; it also writes None as text."""
    table, comment = statement.args.get("table_comment") or (None, None)
    escaped = (table, comment.replace("'", "''")) if comment else None
    statement.args["table_comment"] = escaped


def create_table_as(expression: Expr, duck_conn: Any) -> Expr:
    """Rewrites CREATE TABLE with columns AS SELECT *, in place of fakesnow's transform.

    To get the names of the star's columns, fakesnow describes the query, but serializes it in no
    particular dialect, and DuckDB has no type `TIMESTAMPNTZ`. Here the star is expanded before
    fakesnow's transform runs.
    """
    select = _select(expression)
    if select is not None and any(isinstance(column, exp.Star) for column in select.expressions):
        duck_conn.execute(f"DESCRIBE {select.sql(dialect='duckdb')}")
        names = [row[0] for row in duck_conn.fetchall()]
        columns = [exp.Column(this=exp.Identifier(this=name, quoted=False)) for name in names]
        select.set("expressions", columns)
    transformed: Expr = fakesnow_create_table_as(expression, duck_conn)
    return transformed


def _select(expression: Expr) -> exp.Select | None:
    if not isinstance(expression, exp.Create) or expression.kind != "TABLE":
        return None
    query = expression.expression
    if isinstance(query, exp.Subquery):
        query = query.unnest()
    is_typed = isinstance(expression.this, exp.Schema)
    return query if is_typed and isinstance(query, exp.Select) else None


# Monkeypatch: fakesnow's cursor looks up its transforms in this module, and there is no hook.
transforms.create_table_as = create_table_as
