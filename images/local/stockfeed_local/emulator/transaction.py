"""One session's transaction, with READ COMMITTED isolation on top of DuckDB's snapshots.

In Snowflake, a statement sees what was committed before it started. In DuckDB, a transaction sees
the snapshot of its first access. So DuckDB's transaction starts as late as possible: with the first
change, once that change holds its table's lock. Reads before it run outside any transaction.
Snowflake's documentation: "Transactions" (scope, DDL, READ COMMITTED, failed statements).
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import duckdb

from stockfeed_local.emulator.errors import is_conflict, sql_error

T = TypeVar("T")

ATTEMPTS = 12
"""Attempts of a change that conflicts with other sessions, before it fails."""


class Transaction:
    """The transaction of a session.

    Attributes:
        is_open: True between BEGIN and COMMIT or ROLLBACK.
        started_at: When DuckDB's transaction started, by the monotonic clock; None before the
            first change.
    """

    def __init__(self, duck_conn: duckdb.DuckDBPyConnection) -> None:
        self._duck = duck_conn
        self.is_open = False
        self.started_at: float | None = None
        self._aborted_because: str | None = None

    def begin(self) -> None:
        """Opens a transaction; does nothing if one is open, as in Snowflake."""
        self.is_open = True

    def commit(self) -> None:
        """Makes the changes permanent.

        Raises:
            ProgrammingError: The transaction was aborted earlier; none of its changes was kept.
        """
        try:
            self.check_alive()
            if self.started_at is not None:
                self._duck.execute("COMMIT")
        finally:
            self.rollback()

    def rollback(self) -> None:
        """Discards the changes, if any, and closes the transaction."""
        if self.started_at is not None:
            with suppress(duckdb.TransactionException):
                self._duck.execute("ROLLBACK")
        self.is_open, self.started_at = False, None
        self._aborted_because = None

    def abort(self, reason: str) -> None:
        """Discards the changes; later statements fail with the reason until a rollback."""
        self.rollback()
        self.is_open = True
        self._aborted_because = reason

    def check_alive(self) -> None:
        """Raises ProgrammingError if the transaction was aborted, because its changes are lost."""
        if self._aborted_because:
            raise sql_error(f"Transaction aborted: {self._aborted_because}", 90232, "25000")

    def read(self, action: Callable[[], T]) -> T:
        """Runs a statement that does not change data."""
        self.check_alive()
        try:
            return action()
        except Exception:
            self._abort_if_invalidated()
            raise

    def write(self, action: Callable[[], T]) -> T:
        """Runs a change inside the open transaction."""
        self.check_alive()
        if self.started_at is not None:
            return self.read(action)
        return retry(lambda: self._first_write(action))

    def autocommit(self, action: Callable[[], T]) -> T:
        """Runs a change in its own transaction and commits it."""
        return retry(lambda: self._run_and_commit(action))

    def _run_and_commit(self, action: Callable[[], T]) -> T:
        result = self._first_write(action)
        self.started_at = None
        self._duck.execute("COMMIT")
        return result

    def _first_write(self, action: Callable[[], T]) -> T:
        self._duck.execute("BEGIN TRANSACTION")
        self.started_at = time.monotonic()
        try:
            return action()
        except BaseException:
            self._duck.execute("ROLLBACK")
            self.started_at = None
            raise

    def _abort_if_invalidated(self) -> None:
        """Aborts if a failed statement has invalidated DuckDB's transaction.

        In Snowflake, the transaction would survive.
        """
        if self.started_at is None:
            return
        try:
            self._duck.execute("SELECT 1")
        except duckdb.TransactionException:
            self.abort("a statement failed, and DuckDB rolled the transaction back")


def retry(action: Callable[[], T]) -> T:
    """Runs an action, and repeats it while DuckDB reports a conflict with another session.

    Args:
        action: A change that has no effect when it fails.
    """
    for attempt in range(ATTEMPTS):
        try:
            return action()
        except duckdb.Error as error:
            if not is_conflict(error) or attempt == ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, no secret
    raise AssertionError("unreachable")
