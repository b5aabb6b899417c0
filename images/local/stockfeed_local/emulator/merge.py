"""MERGE by DuckDB's own statement.

fakesnow splits a MERGE into several statements and misses unqualified VALUES, which dbt writes.
Snowflake's documentation: "MERGE": the answer counts inserted, updated and deleted rows, and a
target row that several source rows would change is an error.
"""

from collections import Counter

from sqlglot import exp

_ACTIONS = {"inserted": "INSERT", "updated": "UPDATE", "deleted": "DELETE"}


def native(merge: exp.Merge) -> exp.Merge:
    """DuckDB's form of a MERGE; it returns one row with `merge_action` per changed row."""
    merge = merge.copy()
    for when in merge.args["whens"].expressions:
        _strip_target(when.args["then"])
    merge.set("returning", exp.Returning(expressions=[exp.column("merge_action")]))
    return merge


def counts_sql(merge: exp.Merge, actions: list[str]) -> tuple[str, int]:
    """Snowflake's answer to a MERGE, as SQL, and the number of changed rows.

    Args:
        merge: The statement; only operations it names are columns of the answer.
        actions: `merge_action` of each changed row.
    """
    count = Counter(actions)
    named = _named_operations(merge)
    columns = ", ".join(f'{count[_ACTIONS[op]]} AS "number of rows {op}"' for op in named)
    return f"SELECT {columns}", len(actions)


def _named_operations(merge: exp.Merge) -> list[str]:
    kinds = {_operation(when.args["then"]) for when in merge.args["whens"].expressions}
    return [op for op in _ACTIONS if op in kinds]


def _operation(then: exp.Expression) -> str:
    if isinstance(then, exp.Insert):
        return "inserted"
    return "updated" if isinstance(then, exp.Update) else "deleted"


def _strip_target(then: exp.Expression) -> None:
    """DuckDB takes the changed columns by their bare names."""
    if isinstance(then, exp.Update):
        for assignment in then.expressions:
            assignment.set("this", exp.Column(this=assignment.this.this))
    elif isinstance(then, exp.Insert) and then.this:
        for column in then.this.expressions:
            column.set("table", None)
