"""A Snowflake session for the loader: runs statements, returns rows, translates errors."""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
"""A row of a result by column name, in lower case."""


class CommitUnknownError(TransientError):
    """A COMMIT was not answered, so it is unknown whether it succeeded."""


class Warehouse:
    """A session that opens at its first use, and again after an error that broke it.

    Args:
        settings: how to connect; credentials are read again for each connection.

    All methods raise TransientError if a retry may help, else ConfigurationError or DataError.
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
        """Whether a session is open, as far as the client can tell."""
        return self._connection is not None

    def close(self) -> None:
        """Closes the session; Snowflake then rolls an open transaction back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # A session that is already broken has nothing left to lose.
            with suppress(Error, OSError):
                connection.close()

    def run(self, statement: Statement) -> Sequence[Row]:
        """Runs one statement and returns its rows."""
        try:
            return self._execute(statement)
        except Error as error:
            raise self._failure(error, statement) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Runs a `with` block in a transaction, which any exception rolls back.

        Raises:
            CommitUnknownError: the COMMIT was not answered.
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
        """Creates the schema, the tables and the stage if they are missing.

        If they exist, this costs a single query. DDL would cost time in every load, and would need
        a role that may create them.
        """
        try:
            self._execute(sql.read_lock())
        except Error as error:
            if not is_missing_object(error):
                raise self._failure(error, sql.read_lock()) from error
            for statement in sql.set_up(self._settings.database, self._settings.raw_schema):
                self.run(statement)

    def positions(self, chains: Collection[Chain]) -> Positions:
        """Returns the next offset of each of the feed's partitions that was loaded before.

        The ledger decides for partitions without a row in LOAD_POSITION, so that an emptied
        LOAD_POSITION cannot load anything twice. The next commit restores the row.

        Args:
            chains: the partitions that the caller is going to look up.
        """
        feed = self._settings.feed
        found = _positions(self.run(sql.read_positions(feed)))
        unknown = {chain.topic_id for chain in chains if chain not in found}
        if not unknown:
            return found
        return _positions(self.run(sql.read_ledger_positions(feed, unknown))) | found

    def lock(self) -> Stamp:
        """Locks the lock row until the transaction ends; waits for other loaders."""
        self.run(sql.lock())
        rows = self.run(sql.read_stamp())
        if len(rows) != 1:
            raise ConfigurationError(
                f"LOAD_LOCK must have one row and has {len(rows)}: stop all loaders, then leave "
                "one row with LOAD_LEDGER's highest BATCH_SEQ in it"
            )
        return Stamp(int(rows[0]["batch_seq"]), rows[0]["loaded_at"])

    def _roll_back(self) -> None:
        if self._connection is None:
            return
        try:
            self.run(sql.rollback())
        except StockfeedError:
            # Closing the session rolls back, too.
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


def _positions(rows: Sequence[Row]) -> dict[Chain, int]:
    return {
        Chain(row["feed"], row["group_name"], row["topic_id"], int(row["partition_id"])): int(
            row["next_offset"]
        )
        for row in rows
    }


def _lower(row: Mapping[str, Any]) -> Row:
    return {name.lower(): value for name, value in row.items()}
