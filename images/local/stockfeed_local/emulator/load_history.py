"""Load metadata: which files were loaded into which table, so that COPY skips them.

A file is loaded again if its bytes have changed. The metadata is stored in the target table's
database, so that it is rolled back with the load: in fakesnow's table for the view
INFORMATION_SCHEMA.LOAD_HISTORY, to which the ETag is added. Snowflake's documentation: "Loading
data" (load metadata), "TRUNCATE TABLE" and "CREATE TABLE" (both delete it).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection

from stockfeed_local.emulator.names import QualifiedName, quote


@dataclass(frozen=True)
class FileLoad:
    """The outcome of a COPY for one file: its columns in COPY's result, and the ETag.

    Attributes:
        file: Name of the file, as COPY shows it.
        error_limit: Number of errors at which the load of the file stops; None if it was skipped.
    """

    file: str
    etag: str
    status: str
    rows_parsed: int
    rows_loaded: int
    error_limit: int | None
    errors_seen: int
    first_error: str | None = None
    first_error_line: int | None = None
    first_error_character: int | None = None
    first_error_column_name: str | None = None


class LoadHistory:
    """The load metadata of one table.

    Args:
        duck_conn: The session's connection, in the load's transaction.
        table: The target table.
    """

    def __init__(self, duck_conn: DuckDBPyConnection, table: QualifiedName) -> None:
        self._duck = duck_conn
        self._table = table
        self._history = history_table(table.database)

    def loaded(self) -> dict[str, str]:
        """Returns the ETags of all files that were fully or partially loaded, by name."""
        rows = self._duck.execute(
            f"SELECT FILE_NAME, ETAG FROM {self._history} WHERE SCHEMA_NAME = ? AND TABLE_NAME = ? "  # noqa: S608 - a quoted name
            "AND STATUS IN ('LOADED', 'PARTIALLY_LOADED') ORDER BY LAST_LOAD_TIME",
            [self._table.schema, self._table.name],
        ).fetchall()
        return dict(rows)

    def record(self, loads: Sequence[FileLoad]) -> None:
        """Adds the outcomes of a COPY."""
        now = datetime.now(UTC)
        rows = [self._row(load, now) for load in loads]
        if rows:
            self._duck.register("_LOADS", pa.Table.from_pylist(rows))
            names = ", ".join(rows[0])
            self._duck.execute(
                f'INSERT INTO {self._history} ({names}) SELECT {names} FROM "_LOADS"'  # noqa: S608 - constant names
            )
            self._duck.unregister("_LOADS")

    def clear(self) -> None:
        """Deletes the table's metadata, so that all files can be loaded again."""
        self._duck.execute(
            f"DELETE FROM {self._history} WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?",  # noqa: S608 - a quoted name
            [self._table.schema, self._table.name],
        )

    def _row(self, load: FileLoad, now: datetime) -> dict[str, object]:
        return {
            "SCHEMA_NAME": self._table.schema,
            "FILE_NAME": load.file,
            "TABLE_NAME": self._table.name,
            "LAST_LOAD_TIME": now,
            "STATUS": load.status,
            "ROW_COUNT": load.rows_loaded,
            "ROW_PARSED": load.rows_parsed,
            "FIRST_ERROR_MESSAGE": load.first_error,
            "FIRST_ERROR_LINE_NUMBER": load.first_error_line,
            "FIRST_ERROR_CHARACTER_POSITION": load.first_error_character,
            "FIRST_ERROR_COL_NAME": load.first_error_column_name,
            "ERROR_COUNT": load.errors_seen,
            "ERROR_LIMIT": load.error_limit,
            "ETAG": load.etag,
        }


def history_table(database: str) -> str:
    """Returns the quoted name of fakesnow's table for load metadata in a database."""
    return f"{quote(database)}._fs_information_schema._fs_load_history"


def prepare(duck_conn: DuckDBPyConnection, database: str) -> None:
    """Adds the ETag column to a database's load metadata, if it is missing."""
    duck_conn.execute(
        f"ALTER TABLE {history_table(database)} ADD COLUMN IF NOT EXISTS ETAG VARCHAR"
    )
