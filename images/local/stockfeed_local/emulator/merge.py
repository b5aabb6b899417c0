"""MERGE by DuckDB's own statement.

fakesnow splits a MERGE into several statements and misses unqualified VALUES, which dbt writes.
Snowflake's documentation: "MERGE": the answer counts inserted, updated and deleted rows, and a
target row that several source rows would change is an error.
"""

from collections import Counter
from collections.abc import Iterable

from sqlglot import Expr, exp

_ACTIONS = {"inserted": "INSERT", "updated": "UPDATE", "deleted": "DELETE"}


def native(merge: exp.Merge) -> exp.Merge:
    """DuckDB's form of a MERGE; it returns one row with `merge_action` per changed row."""
    merge = merge.copy()
    for when in merge.args["whens"].expressions:
        _strip_target(when.args["then"])
    merge.set("returning", exp.Returning(expressions=[exp.column("merge_action")]))
    return merge


def counts_sql(merge: exp.Merge, actions: Iterable[str]) -> str:
    """Snowflake's answer to a MERGE, as a query.

    Args:
        merge: The statement; only operations that it names are columns of the answer.
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
    """DuckDB takes the changed columns by their bare names."""
    if isinstance(then, exp.Update):
        for assignment in then.expressions:
            assignment.set("this", exp.Column(this=assignment.this.this))
    elif isinstance(then, exp.Insert) and then.this:
        for column in then.this.expressions:
            column.set("table", None)
