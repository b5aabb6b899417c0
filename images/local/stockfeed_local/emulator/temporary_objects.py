"""Temporary tables and views with qualified names; DuckDB has one flat namespace for them.

Snowflake's documentation: "Working with temporary and transient tables" (a temporary object
belongs to a schema and a session, and shadows a permanent object of the same name).
"""

from sqlglot import Expr, exp

from stockfeed_local.emulator.names import QualifiedName, Resolver


class TemporaryObjects:
    """The temporary tables and views of one session.

    Args:
        resolve: Resolves names in the session.
    """

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve
        self._names: set[QualifiedName] = set()

    def rewrite(self, statement: Expr) -> Expr:
        """Replaces the names of temporary objects with their names in DuckDB, in place."""
        created = created_temporary(statement)
        if created is None and not self._names:
            return statement
        for table in list(statement.find_all(exp.Table)):
            if table is created or self._is_temporary(table):
                _redirect(table, self._resolve(table))
        return statement

    def record(self, statement: Expr) -> None:
        """Records the temporary objects that a statement created or dropped.

        Args:
            statement: The statement as the client sent it, after it was run.
        """
        if (created := created_temporary(statement)) is not None:
            self._names.add(self._resolve(created))
        elif isinstance(statement, exp.Drop) and statement.kind in {"TABLE", "VIEW"}:
            self._names -= {self._resolve(t) for t in statement.find_all(exp.Table)}

    def is_temporary(self, name: QualifiedName) -> bool:
        """Returns whether a name refers to a temporary object in this session."""
        return name in self._names

    def _is_temporary(self, table: exp.Table) -> bool:
        return (
            isinstance(table.this, exp.Identifier)
            and not _is_created(table)
            and not _is_cte(table)
            and self._resolve(table) in self._names
        )


def created_temporary(statement: Expr) -> exp.Table | None:
    """Returns the temporary table or view that a statement creates, or None."""
    if (
        isinstance(statement, exp.Create)
        and statement.kind in {"TABLE", "VIEW"}
        and (properties := statement.args.get("properties"))
        and any(isinstance(p, exp.TemporaryProperty) for p in properties.expressions)
    ):
        target = statement.this
        table: exp.Table = target.this if isinstance(target, exp.Schema) else target
        return table
    return None


def _is_created(table: exp.Table) -> bool:
    parent = table.parent.parent if isinstance(table.parent, exp.Schema) else table.parent
    return isinstance(parent, exp.Create)


def _is_cte(table: exp.Table) -> bool:
    if table.args.get("db"):
        return False
    node: Expr = table
    while node.parent is not None:
        node = node.parent
        with_ = node.args.get("with_")
        if with_ and table.name.upper() in {c.alias.upper() for c in with_.expressions}:
            return True
    return False


def _redirect(table: exp.Table, name: QualifiedName) -> None:
    if isinstance(table.parent, exp.From | exp.Join) and not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(name.name, quoted=True)))
    table.set("this", exp.to_identifier(str(name), quoted=True))
    if _is_created(table):
        # CREATE TEMPORARY implies the catalog `temp`, and fakesnow would take it for a database.
        table.set("db", None)
        table.set("catalog", None)
        return
    table.set("db", exp.to_identifier("main", quoted=True))
    table.set("catalog", exp.to_identifier("temp", quoted=True))
