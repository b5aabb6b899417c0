"""Table locks: UPDATE, DELETE and MERGE lock their table until the transaction ends.

INSERT and COPY take no lock. Snowflake's documentation: "Transactions" (resource locking,
deadlock, aborting transactions) and "Parameters" (LOCK_TIMEOUT).
"""

import time
from threading import Condition
from typing import Protocol

from sqlglot import Expr, exp

from stockfeed_local.emulator.errors import sql_error
from stockfeed_local.emulator.names import table_of

DDL = (exp.Create, exp.Drop, exp.Alter, exp.Comment)
DML = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.TruncateTable)
"""DDL and DML statements, as Snowflake's documentation of "Transactions" defines them."""

POLL_SECONDS = 0.05


class LockOwner(Protocol):
    """The holder of locks: a session."""

    def abort_if_idle(self, seconds: float) -> bool:
        """Rolls the transaction back if it was idle for that long; returns whether it was."""

    def check_cancelled(self) -> None:
        """Raises if the client has cancelled its statement."""


class LockTable:
    """The locks of all sessions.

    Args:
        idle_timeout: Seconds after which an idle transaction that blocks another one is aborted.
    """

    def __init__(self, idle_timeout: float) -> None:
        self._idle_timeout = idle_timeout
        self._changed = Condition()
        self._holders: dict[str, LockOwner] = {}
        self._waiting: dict[int, str] = {}
        self._changed_at: dict[str, float] = {}

    def acquire(self, table: str, owner: LockOwner, timeout: float) -> None:
        """Acquires a table's lock; returns at once if the owner already holds it.

        Args:
            table: Qualified name of the table.
            owner: The session.
            timeout: Seconds to wait while another session holds the lock: LOCK_TIMEOUT.

        Raises:
            ProgrammingError: 625 on timeout or deadlock, 604 if the statement was cancelled.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            self._waiting[id(owner)] = table
            try:
                while self._is_held_by_other(table, owner):
                    self._wait(table, owner, deadline)
            finally:
                del self._waiting[id(owner)]
            self._holders[table] = owner

    def is_waiting(self, owner: LockOwner) -> bool:
        """Returns whether a session is waiting for a lock."""
        return id(owner) in self._waiting

    def mark_changed(self, owner: LockOwner) -> None:
        """Records that a session has just committed; call it before `release_all`."""
        now = time.monotonic()
        with self._changed:
            self._changed_at.update({t: now for t, o in self._holders.items() if o is owner})

    def changed_at(self, table: str) -> float:
        """Returns when a holder of the lock last committed, by the monotonic clock; 0 if never."""
        return self._changed_at.get(table, 0.0)

    def release_all(self, owner: LockOwner) -> None:
        """Releases all locks of a session."""
        with self._changed:
            self._holders = {t: o for t, o in self._holders.items() if o is not owner}
            self._changed.notify_all()

    def _is_held_by_other(self, table: str, owner: LockOwner) -> bool:
        holder = self._holders.get(table, owner)
        return holder is not owner and not holder.abort_if_idle(self._idle_timeout)

    def _wait(self, table: str, owner: LockOwner, deadline: float) -> None:
        owner.check_cancelled()
        if self._is_deadlock(table, owner):
            raise sql_error(f"Deadlock: table '{table}' is locked in a cycle.", 625, "57014")
        if (left := deadline - time.monotonic()) <= 0:
            raise sql_error(
                f"Another transaction has locked table '{table}' and this lock has not yet been "
                "released.",
                625,
                "57014",
            )
        self._changed.wait(min(left, POLL_SECONDS))

    def _is_deadlock(self, table: str, owner: LockOwner) -> bool:
        wanted: str | None = table
        while wanted is not None and (holder := self._holders.get(wanted)):
            if holder is owner:
                return True
            wanted = self._waiting.get(id(holder))
        return False


def changed_tables(statement: Expr) -> list[exp.Table]:
    """Returns the tables that a statement changes; empty for other objects, such as views."""
    if isinstance(statement, exp.Create | exp.Drop) and statement.kind != "TABLE":
        return []
    targets = statement.args.get("tables")
    if isinstance(statement, exp.TruncateTable):
        targets = statement.expressions
    return [_table(target) for target in targets or [statement.this]]


def takes_lock(statement: Expr) -> bool:
    """Returns whether a DML statement locks its table: all but INSERT without OVERWRITE do."""
    return not isinstance(statement, exp.Insert) or bool(statement.args.get("overwrite"))


def _table(target: Expr) -> exp.Table:
    named = target.this if isinstance(target, exp.Schema) else target
    return table_of(named)
