"""Which tables a statement changes, so that they can be locked."""

from sqlglot import Expr, exp

from stockfeed_local.emulator.names import table_of

DDL = (exp.Create, exp.Drop, exp.Alter, exp.Comment)
DML = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.TruncateTable)
"""As Snowflake's documentation of "Transactions" divides them."""


def changed_tables(statement: Expr) -> list[exp.Table]:
    """The tables that a statement changes; none for other objects, such as views."""
    if isinstance(statement, exp.Create | exp.Drop) and statement.kind != "TABLE":
        return []
    targets = statement.args.get("tables")
    if isinstance(statement, exp.TruncateTable):
        targets = statement.expressions
    return [_table(target) for target in targets or [statement.this]]


def takes_lock(statement: Expr) -> bool:
    """Whether a DML statement holds its table: INSERT does not, unless it overwrites."""
    return not isinstance(statement, exp.Insert) or bool(statement.args.get("overwrite"))


def _table(target: Expr) -> exp.Table:
    named = target.this if isinstance(target, exp.Schema) else target
    return table_of(named)
