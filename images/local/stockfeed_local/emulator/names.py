"""Resolves names of objects to qualified names.

Snowflake's documentation: "Object name resolution", "Identifier requirements".
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import Expr, exp

from stockfeed_local.emulator.errors import sql_error


@dataclass(frozen=True)
class QualifiedName:
    """The name of a table, view or stage; each part as Snowflake stores it."""

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
"""Resolves the name of a table in a session."""


def resolve(table: exp.Table, database: str | None, schema: str | None) -> QualifiedName:
    """Returns the qualified name of a table.

    Args:
        table: The table in a parsed statement.
        database: The session's current database, if any.
        schema: The session's current schema, if any.

    Raises:
        ProgrammingError: The name lacks the database or schema, and the session has none.
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
    """Returns the first table in a statement.

    Raises:
        ProgrammingError: There is none.
    """
    if (table := statement.find(exp.Table)) is None:
        raise sql_error("SQL compilation error:\nAn object's name is missing.", 1003, "42000")
    return table


def quote(part: str) -> str:
    """Quotes a stored name as an SQL identifier."""
    return '"' + part.replace('"', '""') + '"'


def _stored(identifier: Expr | None) -> str | None:
    if not isinstance(identifier, exp.Identifier):
        return None
    name: str = identifier.this
    return name if identifier.quoted else name.upper()
