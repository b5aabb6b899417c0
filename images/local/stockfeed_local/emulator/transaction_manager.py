"""Runs a session's changes: with their locks, in its transaction, again after a conflict.

Snowflake's documentation: "Transactions" (autocommit, DDL, resource locking).
"""

import time
from collections.abc import Callable, Iterable
from threading import Event, Lock, RLock
from typing import TypeVar

from duckdb import DuckDBPyConnection

from stockfeed_local.emulator.errors import sql_error
from stockfeed_local.emulator.locks import LockTable
from stockfeed_local.emulator.parameters import Parameters
from stockfeed_local.emulator.transaction import Transaction, retry

T = TypeVar("T")


class TransactionManager:
    """One session's transaction and locks; one statement at a time.

    Args:
        duck_conn: The session's connection.
        locks: Those of all sessions.
        ddl: Held while any session changes the catalog: fakesnow keeps notes beside DuckDB's.
        parameters: AUTOCOMMIT and LOCK_TIMEOUT.
    """

    def __init__(
        self, duck_conn: DuckDBPyConnection, locks: LockTable, ddl: Lock, parameters: Parameters
    ) -> None:
        self._duck = duck_conn
        self._locks = locks
        self._ddl = ddl
        self._parameters = parameters
        self._transaction = Transaction(duck_conn)
        self._one_statement = RLock()
        self._cancelled = Event()
        self._last_used = time.monotonic()

    def statement(self, action: Callable[[], T]) -> T:
        """Runs a whole statement when the session's one before has ended."""
        with self._one_statement:
            self._cancelled.clear()
            try:
                return action()
            finally:
                self._last_used = time.monotonic()

    def begin(self) -> None:
        """Opens a transaction."""
        self._transaction.begin()

    def commit(self) -> None:
        """Commits what is open and gives the locks up."""
        try:
            self._transaction.commit()
            self._locks.mark_changed(self)
        finally:
            self._locks.release_all(self)

    def rollback(self) -> None:
        """Rolls back what is open and gives the locks up."""
        self._transaction.rollback()
        self._locks.release_all(self)

    def read(self, action: Callable[[], T]) -> T:
        """Runs a statement that changes nothing."""
        return self._transaction.read(action)

    def dml(self, tables: Iterable[str], action: Callable[[], T]) -> T:
        """Runs a change of rows, in the open transaction or one of its own.

        Args:
            tables: Those to lock until that transaction ends.
            action: The change; it may run more than once.
        """
        self._transaction.check_alive()
        own = not self._transaction.is_open
        self.begin()
        try:
            for table in tables:
                self._lock(table)
            if not own or self._parameters["AUTOCOMMIT"] != "true":
                return self._transaction.write(action)
            return self._alone(action)
        finally:
            if own and self._parameters["AUTOCOMMIT"] == "true":
                self.rollback()

    def ddl(self, tables: Iterable[str], action: Callable[[], T]) -> T:
        """Runs a change of objects: it commits the open transaction and is one of its own."""
        self.commit()
        try:
            for table in sorted(tables):
                self._lock(table)
            with self._ddl:
                return retry(action)
        finally:
            self._locks.mark_changed(self)
            self._locks.release_all(self)

    def cancel(self) -> None:
        """Makes the running statement fail soon."""
        self._cancelled.set()
        self._duck.interrupt()

    def end(self) -> None:
        """Cancels what runs and rolls back what is open."""
        self.cancel()
        with self._one_statement:
            self.rollback()

    def abort_if_idle(self, seconds: float) -> bool:
        """Rolls the open transaction back if no statement ran for that long."""
        if not self._one_statement.acquire(blocking=False):
            return False
        try:
            if time.monotonic() - self._last_used < seconds:
                return False
            self._transaction.abort(f"idle for {seconds:g} s while it blocked another transaction")
            self._locks.release_all(self)
            return True
        finally:
            self._one_statement.release()

    def is_waiting(self) -> bool:
        """Whether the running statement waits for a lock."""
        return self._locks.is_waiting(self)

    def check_cancelled(self) -> None:
        """Raises if the client gave its statement up."""
        if self._cancelled.is_set():
            raise sql_error("SQL execution canceled", 604, "57014")

    def _alone(self, action: Callable[[], T]) -> T:
        """Commits with the action, so that a conflict at either is tried again."""
        result = self._transaction.autocommit(action)
        self._locks.mark_changed(self)
        return result

    def _lock(self, table: str) -> None:
        self._locks.acquire(table, self, float(self._parameters["LOCK_TIMEOUT"]))
        started = self._transaction.started_at
        if started is not None and self._locks.changed_at(table) > started:
            raise sql_error(
                f"Table '{table}' was changed by another transaction after this one's first "
                "change, which the emulator cannot undo: change this table first.",
                625,
                "57014",
            )
