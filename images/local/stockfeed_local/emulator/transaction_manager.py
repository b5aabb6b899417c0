"""Runs a session's statements with the locks and the transaction that they need.

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
    """One session's transaction and locks; runs one statement at a time.

    Args:
        duck_conn: The session's connection.
        locks: The locks of all sessions.
        ddl: Held during DDL of any session: fakesnow updates its own catalog besides DuckDB's.
        parameters: The session's parameters, of which AUTOCOMMIT and LOCK_TIMEOUT are used.
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
        """Runs a statement once the session's previous one has ended."""
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
        """Commits the open transaction, if any, and releases its locks."""
        try:
            self._transaction.commit()
            self._locks.mark_changed(self)
        finally:
            self._locks.release_all(self)

    def rollback(self) -> None:
        """Rolls back the open transaction, if any, and releases its locks."""
        self._transaction.rollback()
        self._locks.release_all(self)

    def read(self, action: Callable[[], T]) -> T:
        """Runs a statement that does not change data."""
        return self._transaction.read(action)

    def dml(self, tables: Iterable[str], action: Callable[[], T]) -> T:
        """Runs a DML statement in the open transaction, or else in its own.

        Args:
            tables: Tables to lock until the transaction ends.
            action: The change; runs again after a conflict.
        """
        self._transaction.check_alive()
        own = not self._transaction.is_open
        self.begin()
        try:
            for table in tables:
                self._lock(table)
            if not own or self._parameters["AUTOCOMMIT"] != "true":
                return self._transaction.write(action)
            return self._run_and_commit(action)
        finally:
            if own and self._parameters["AUTOCOMMIT"] == "true":
                self.rollback()

    def ddl(self, tables: Iterable[str], action: Callable[[], T]) -> T:
        """Commits the open transaction and runs a DDL statement in its own.

        Args:
            tables: Tables to lock meanwhile.
            action: The change; runs again after a conflict.
        """
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
        """Cancels the running statement."""
        self._cancelled.set()
        self._duck.interrupt()

    def end(self) -> None:
        """Cancels the running statement and rolls back the open transaction."""
        self.cancel()
        with self._one_statement:
            self.rollback()

    def abort_if_idle(self, seconds: float) -> bool:
        """Rolls back the open transaction if no statement has run for that long."""
        if not self._one_statement.acquire(blocking=False):
            return False
        try:
            if time.monotonic() - self._last_used < seconds:
                return False
            self._transaction.abort(f"idle for {seconds:g} s while blocking another transaction")
            self._locks.release_all(self)
            return True
        finally:
            self._one_statement.release()

    def is_waiting(self) -> bool:
        """Returns whether the running statement is waiting for a lock."""
        return self._locks.is_waiting(self)

    def check_cancelled(self) -> None:
        """Raises ProgrammingError if the client has cancelled its statement."""
        if self._cancelled.is_set():
            raise sql_error("SQL execution canceled", 604, "57014")

    def _run_and_commit(self, action: Callable[[], T]) -> T:
        """Retries the action together with its commit, because either may conflict."""
        result = self._transaction.autocommit(action)
        self._locks.mark_changed(self)
        return result

    def _lock(self, table: str) -> None:
        self._locks.acquire(table, self, float(self._parameters["LOCK_TIMEOUT"]))
        started = self._transaction.started_at
        if started is not None and self._locks.changed_at(table) > started:
            raise sql_error(
                f"Table '{table}' was changed by another transaction after this one's first "
                "change. The emulator does not support that: change this table first.",
                625,
                "57014",
            )
