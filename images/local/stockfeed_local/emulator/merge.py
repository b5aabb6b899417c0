"""Runs MERGE as DuckDB's own MERGE statement.

fakesnow 0.12.1 splits a MERGE into several statements and fails on unqualified columns in VALUES,
which dbt generates. Snowflake's documentation: "MERGE" (the result counts inserted, updated and
deleted rows; it is an error if several source rows match one target row).
"""

from collections import Counter
from collections.abc import Iterable

from sqlglot import Expr, exp

_ACTIONS = {"inserted": "INSERT", "updated": "UPDATE", "deleted": "DELETE"}


def native(merge: exp.Merge) -> exp.Merge:
    """Rewrites a MERGE for DuckDB; it returns one row with `merge_action` per changed row."""
    merge = merge.copy()
    for when in merge.args["whens"].expressions:
        _strip_target(when.args["then"])
    merge.set("returning", exp.Returning(expressions=[exp.column("merge_action")]))
    return merge


def counts_sql(merge: exp.Merge, actions: Iterable[str]) -> str:
    """Returns a query for the result that Snowflake returns for a MERGE.

    Args:
        merge: The statement; the result has a column for each kind of operation in it.
        actions: `merge_action` of each changed row.
    """
    count = Counter(actions)
    kinds = {_operation(when.args["then"]) for when in merge.args["whens"].expressions}
    columns = [
        f'{count[action]} AS "number of rows {operation}"'
        for operation, action in _ACTIONS.items()
        if operation in kinds
    ]
    return f"SELECT {', '.join(columns)}"


def _operation(then: Expr) -> str:
    if isinstance(then, exp.Insert):
        return "inserted"
    return "updated" if isinstance(then, exp.Update) else "deleted"


def _strip_target(then: Expr) -> None:
    """Removes the table from the names of changed columns, as DuckDB requires."""
    if isinstance(then, exp.Update):
        for assignment in then.expressions:
            assignment.set("this", exp.Column(this=assignment.this.this))
    elif isinstance(then, exp.Insert) and then.this:
        for column in then.this.expressions:
            column.set("table", None)
