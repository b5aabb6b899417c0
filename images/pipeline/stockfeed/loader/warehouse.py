"""One Snowflake session: statements in, rows out, errors typed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Self

from snowflake.connector import DictCursor, SnowflakeConnection
from snowflake.connector.errors import Error

from stockfeed.contract.objects import Chain
from stockfeed.errors import ConfigurationError, StockfeedError, TransientError
from stockfeed.loader import sql
from stockfeed.loader.plan import Positions
from stockfeed.loader.sql import Stamp, Statement
from stockfeed.settings import LoaderSettings
from stockfeed.snowflake import connect, is_missing_object, translate_error

Row = Mapping[str, Any]
"""A result's row; names in lower case."""


class CommitUnknownError(TransientError):
    """No answer to a COMMIT came: it may have happened."""


class Warehouse:
    """A session that is opened at first use, and anew after an error that broke it.

    Args:
        settings: where Snowflake is; credentials are read again at each connect.

    All methods raise TransientError where trying again may help, and ConfigurationError or
    DataError where it does not.
    """

    def __init__(self, settings: LoaderSettings) -> None:
        self._settings = settings
        self._connection: SnowflakeConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def connected(self) -> bool:
        """A session is open, as far as is known."""
        return self._connection is not None

    def close(self) -> None:
        """Ends the session; an open transaction is rolled back by Snowflake."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # The session may be gone already; there is nothing left to save in it.
            with suppress(Error, OSError):
                connection.close()

    def run(self, statement: Statement) -> Sequence[Row]:
        """Runs one statement."""
        try:
            return self._execute(statement)
        except Error as error:
            raise self._failure(error, statement) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction around a `with` block; any exception rolls it back.

        Raises:
            CommitUnknownError: the COMMIT got no answer.
        """
        self.run(sql.begin())
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        try:
            self.run(sql.commit())
        except TransientError as error:
            raise CommitUnknownError(str(error)) from error

    def set_up(self) -> None:
        """Creates schema, tables and stage where they are missing.

        Nothing is sent but one query when all exists: DDL costs time each minute, and the role
        needs no right to create what is there.
        """
        try:
            self._execute(sql.read_lock())
        except Error as error:
            if not is_missing_object(error):
                raise self._failure(error, sql.read_lock()) from error
            for statement in sql.set_up(self._settings.database, self._settings.raw_schema):
                self.run(statement)

    def positions(self) -> Positions:
        """The next offset of each of the feed's partitions that has one."""
        rows = self.run(sql.read_positions(self._settings.feed))
        return {
            Chain(row["feed"], row["group_name"], row["topic_id"], int(row["partition_id"])): int(
                row["next_offset"]
            )
            for row in rows
        }

    def lock(self) -> Stamp:
        """Takes the lock row for the open transaction; waits for other loaders."""
        self.run(sql.lock())
        rows = self.run(sql.read_stamp())
        if len(rows) != 1:
            raise ConfigurationError(
                f"the lock table must have one row and has {len(rows)}: stop all loaders, leave "
                "one row with the highest BATCH_SEQ of LOAD_LEDGER in LOAD_LOCK"
            )
        return Stamp(int(rows[0]["batch_seq"]), rows[0]["loaded_at"])

    def _roll_back(self) -> None:
        if self._connection is None:
            return
        try:
            self.run(sql.rollback())
        except StockfeedError:
            # Ending the session rolls back too.
            self.close()

    def _failure(self, error: Error, statement: Statement) -> StockfeedError:
        failure = translate_error(error, statement.action)
        if isinstance(failure, TransientError):
            self.close()
        return failure

    def _execute(self, statement: Statement) -> Sequence[Row]:
        if self._connection is None:
            self._connection = connect(self._settings, "loader")
        with self._connection.cursor(DictCursor) as cursor:
            cursor.execute(statement.text, statement.parameters or None)
            return [_lower(row) for row in cursor.fetchall()]


def _lower(row: Mapping[str, Any]) -> Row:
    return {name.lower(): value for name, value in row.items()}
