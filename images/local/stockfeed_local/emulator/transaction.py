"""One session's transaction, on DuckDB's snapshots.

Snowflake reads committed data: a statement sees what was committed before it began. DuckDB fixes
its snapshot at a transaction's first touch. So DuckDB's transaction begins as late as possible,
with the first change and after that change has its table's lock; reads before it run on their own.
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
"""How often a change that conflicts with another session's is tried before the client hears."""


class Transaction:
    """The open transaction of a session, if any.

    Attributes:
        is_open: Between BEGIN and COMMIT or ROLLBACK.
        started_at: When DuckDB's began, by the monotonic clock; none before the first change.
    """

    def __init__(self, duck_conn: duckdb.DuckDBPyConnection) -> None:
        self._duck = duck_conn
        self.is_open = False
        self.started_at: float | None = None
        self._aborted_because: str | None = None

    def begin(self) -> None:
        """Opens a transaction; within an open one it does nothing, as in Snowflake."""
        self.is_open = True

    def commit(self) -> None:
        """Makes the changes permanent.

        Raises:
            ProgrammingError: The transaction was aborted before; nothing of it was kept.
        """
        try:
            self.check_alive()
            if self.started_at is not None:
                self._duck.execute("COMMIT")
        finally:
            self.rollback()

    def rollback(self) -> None:
        """Drops the changes, if any."""
        if self.started_at is not None:
            with suppress(duckdb.TransactionException):
                self._duck.execute("ROLLBACK")
        self.is_open, self.started_at = False, None
        self._aborted_because = None

    def abort(self, reason: str) -> None:
        """Drops the changes and remembers why, for the session's next statement."""
        self.rollback()
        self.is_open = True
        self._aborted_because = reason

    def check_alive(self) -> None:
        """Raises if the transaction was aborted: its earlier changes are lost."""
        if self._aborted_because:
            raise sql_error(f"Transaction aborted: {self._aborted_because}", 90232, "25000")

    def read(self, action: Callable[[], T]) -> T:
        """Runs a statement that changes nothing."""
        self.check_alive()
        try:
            return action()
        except Exception:
            self._notice_invalidation()
            raise

    def write(self, action: Callable[[], T]) -> T:
        """Runs a change inside the open transaction."""
        self.check_alive()
        if self.started_at is not None:
            return self.read(action)
        return retry(lambda: self._first_write(action))

    def autocommit(self, action: Callable[[], T]) -> T:
        """Runs a change as a transaction of its own."""
        return retry(lambda: self._alone(action))

    def _alone(self, action: Callable[[], T]) -> T:
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

    def _notice_invalidation(self) -> None:
        """DuckDB drops a whole transaction for one failed statement; Snowflake does not."""
        if self.started_at is None:
            return
        try:
            self._duck.execute("SELECT 1")
        except duckdb.TransactionException:
            self.abort("a statement in it failed in the emulator's database")


def retry(action: Callable[[], T]) -> T:
    """Repeats an action that holds no state while DuckDB reports conflicts with other sessions."""
    for attempt in range(ATTEMPTS):
        try:
            return action()
        except duckdb.Error as error:
            if not is_conflict(error) or attempt == ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, no secret
    raise AssertionError("unreachable")
