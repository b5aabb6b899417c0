"""Resolves and drops stages; fakesnow 0.12.1 can create and show them, but not drop them.

Snowflake's documentation: "CREATE STAGE" (OR REPLACE deletes the files), "DROP STAGE".
"""

import re

from duckdb import DuckDBPyConnection
from sqlglot import Expr, exp

from stockfeed_local.emulator.errors import sql_error
from stockfeed_local.emulator.names import QualifiedName, Resolver, table_of
from stockfeed_local.emulator.stage_files import StageFiles, StageReference

_STAGES = "_fs_global._fs_information_schema._fs_stages"
_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_REFERENCE = re.compile(rf"@(?P<stage>{_NAME}(?:\.{_NAME}){{0,2}})(?:/(?P<path>.*))?", re.DOTALL)


class StageCatalog:
    """The stages of all databases, as one session sees them.

    Args:
        duck_conn: The session's connection.
        files: The stages' files.
        resolve: Resolves names in the session.
    """

    def __init__(self, duck_conn: DuckDBPyConnection, files: StageFiles, resolve: Resolver) -> None:
        self._duck = duck_conn
        self._resolve = resolve
        self.files = files

    def reference(self, text: str) -> StageReference:
        """Resolves `@[[db.]schema.]stage[/path]`.

        Raises:
            ProgrammingError: The stage does not exist. Table and user stages are not supported.
        """
        if (match := _REFERENCE.fullmatch(text)) is None:
            raise sql_error(f"SQL compilation error:\nsyntax error in '{text}'.", 1003, "42000")
        stage = self._resolve(exp.to_table(match["stage"], dialect="snowflake"))
        if not self._exists(stage):
            raise _missing(stage)
        return StageReference(stage, match["path"] or "")

    def drop(self, statement: exp.Drop) -> str:
        """Runs DROP STAGE and returns Snowflake's status message."""
        stage = self._resolve(table_of(statement))
        if self._exists(stage):
            self.remove(*stage.parts)
            return f"{stage.name} successfully dropped."
        if statement.args.get("exists"):
            return "Drop statement executed successfully."
        raise _missing(stage)

    def delete_unreachable(self, statement: Expr) -> None:
        """Deletes the files of stages that a DDL statement has replaced or dropped."""
        if isinstance(statement, exp.Create) and statement.kind == "STAGE":
            if statement.args.get("replace"):
                self.files.clear(*self._resolve(table_of(statement)).parts)
        elif isinstance(statement, exp.Drop) and statement.kind == "SCHEMA":
            schema = table_of(statement)
            name = self._resolve(
                exp.table_("_", db=schema.args["db"], catalog=schema.args.get("catalog"))
            )
            self.remove(name.database, name.schema)

    def remove(self, *parts: str) -> None:
        """Removes one stage, or all stages of a schema, with their files."""
        columns = ("database_name", "schema_name", "name")[: len(parts)]
        where = " AND ".join(f"{column} = ?" for column in columns)
        self._duck.execute(f"DELETE FROM {_STAGES} WHERE {where}", parts)  # noqa: S608 - constant names
        self.files.clear(*parts)

    def _exists(self, stage: QualifiedName) -> bool:
        sql = f"SELECT 1 FROM {_STAGES} WHERE database_name = ? AND schema_name = ? AND name = ?"  # noqa: S608
        return bool(self._duck.execute(sql, stage.parts).fetchall())


def _missing(stage: QualifiedName) -> Exception:
    text = f"SQL compilation error:\nStage '{stage}' does not exist or not authorized."
    return sql_error(text, 2003, "02000")
