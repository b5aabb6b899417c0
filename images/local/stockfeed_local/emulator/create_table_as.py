"""CREATE TABLE with columns AS SELECT *, for queries that only DuckDB's dialect can say.

fakesnow describes the query to name the star's columns, but writes it in no dialect, in which
DuckDB does not know `TIMESTAMPNTZ`. Here the star is written out before fakesnow looks.
"""

from typing import Any

from fakesnow.transforms.transforms import create_table_as as fakesnow_create_table_as
from sqlglot import Expr, exp


def create_table_as(expression: Expr, duck_conn: Any) -> Expr:
    """Stands in for fakesnow's transform of this name."""
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
