"""Qualified names of objects, as Snowflake resolves them.

Snowflake's documentation: "Object name resolution", "Identifier requirements".
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import Expr, exp

from stockfeed_local.emulator.errors import sql_error


@dataclass(frozen=True)
class QualifiedName:
    """A table, view or stage; each part as Snowflake stores it."""

    database: str
    schema: str
    name: str

    @property
    def parts(self) -> tuple[str, str, str]:
        """Database, schema and name."""
        return self.database, self.schema, self.name

    def __str__(self) -> str:
        return f"{self.database}.{self.schema}.{self.name}"


Resolver = Callable[[exp.Table], QualifiedName]
"""Gives a table's full name in a session."""


def resolve(table: exp.Table, database: str | None, schema: str | None) -> QualifiedName:
    """The full name of a table in a statement.

    Args:
        table: As parsed.
        database: The session's current database.
        schema: The session's current schema.

    Raises:
        ProgrammingError: A part is missing and the session has no current one.
    """
    own_database = _stored(table.args.get("catalog")) or database
    own_schema = _stored(table.args.get("db")) or schema
    if own_database is None or own_schema is None:
        raise sql_error(
            f"Cannot resolve '{table.name}'. This session does not have a current "
            f"{'database' if own_database is None else 'schema'}. Use a qualified name.",
            90105 if own_database is None else 90106,
            "22000",
        )
    return QualifiedName(own_database, own_schema, _stored(table.this) or table.name)


def table_of(statement: Expr) -> exp.Table:
    """The first table that a statement names.

    Raises:
        ProgrammingError: It names none.
    """
    if (table := statement.find(exp.Table)) is None:
        raise sql_error("SQL compilation error:\nAn object's name is missing.", 1003, "42000")
    return table


def quote(part: str) -> str:
    """A stored name as an identifier of SQL."""
    return '"' + part.replace('"', '""') + '"'


def _stored(identifier: Expr | None) -> str | None:
    if not isinstance(identifier, exp.Identifier):
        return None
    name: str = identifier.this
    return name if identifier.quoted else name.upper()
