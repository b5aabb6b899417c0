"""Snowflake's documentation: "Transactions", resource locking, deadlock, aborting transactions."""

import threading
import time
from collections.abc import Callable

import pytest
import sqlglot
from snowflake.connector.errors import ProgrammingError

from stockfeed_local.emulator.locks import LockTable, changed_tables, takes_lock


class Owner:
    """A stub session, whose transaction is idle or not."""

    def __init__(self, *, idle: bool = False) -> None:
        self.idle = idle
        self.cancelled = False
        self.aborted_by: Callable[[], None] = lambda: None

    def abort_if_idle(self, seconds: float) -> bool:
        if self.idle:
            self.aborted_by()
        return self.idle

    def check_cancelled(self) -> None:
        if self.cancelled:
            raise ProgrammingError(msg="canceled", errno=604, sqlstate="57014")


def test_owner_can_acquire_its_lock_again() -> None:
    locks, owner = LockTable(300), Owner()
    locks.acquire("T", owner, 0)
    locks.acquire("T", owner, 0)


def test_locks_of_different_tables_are_independent() -> None:
    locks = LockTable(300)
    locks.acquire("T", Owner(), 0)
    locks.acquire("U", Owner(), 0)


def test_waiting_times_out_with_snowflakes_error() -> None:
    locks = LockTable(300)
    locks.acquire("T", Owner(), 0)
    with pytest.raises(ProgrammingError, match="has not yet been released") as caught:
        locks.acquire("T", Owner(), 0.01)
    assert (caught.value.errno, caught.value.sqlstate) == (625, "57014")


def test_released_lock_goes_to_the_waiter() -> None:
    locks, first, second = LockTable(300), Owner(), Owner()
    locks.acquire("T", first, 0)
    waiter = threading.Thread(target=locks.acquire, args=("T", second, 60))
    waiter.start()
    locks.release_all(first)
    waiter.join(60)
    with pytest.raises(ProgrammingError):
        locks.acquire("T", first, 0)


def test_idle_holder_that_blocks_another_session_is_aborted() -> None:
    locks, idle = LockTable(300), Owner(idle=True)
    locks.acquire("T", idle, 0)
    locks.acquire("T", Owner(), 0)


def test_cancelled_statement_stops_waiting() -> None:
    locks, cancelled = LockTable(300), Owner()
    locks.acquire("T", Owner(), 0)
    cancelled.cancelled = True
    with pytest.raises(ProgrammingError, match="canceled"):
        locks.acquire("T", cancelled, 60)


def test_deadlock_raises_error_at_once() -> None:
    locks, first, second = LockTable(300), Owner(), Owner()
    locks.acquire("T", first, 0)
    locks.acquire("U", second, 0)
    waiter = threading.Thread(target=locks.acquire, args=("U", first, 60))
    waiter.start()
    while not locks.is_waiting(first):
        time.sleep(0.001)
    with pytest.raises(ProgrammingError, match="Deadlock"):
        locks.acquire("T", second, 60)
    locks.release_all(second)
    waiter.join(60)


def test_records_when_a_table_was_last_changed() -> None:
    locks, owner = LockTable(300), Owner()
    before = time.monotonic()
    locks.acquire("T", owner, 0)
    assert locks.changed_at("T") < before
    locks.mark_changed(owner)
    assert locks.changed_at("T") >= before
    assert locks.changed_at("U") < before


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("update d.s.t set a = 1 from u where u.a = t.a", ["d.s.t"]),
        ("delete from t using u where u.a = t.a", ["t"]),
        ("insert into t (a) select a from u", ["t"]),
        ("merge into t using u on t.a = u.a when matched then delete", ["t"]),
        ("truncate table t", ["t"]),
        ("create or replace table t (a int)", ["t"]),
        ("create or replace table t as select * from u", ["t"]),
        ("create or replace view v as select * from u", []),
        ("drop table if exists t", ["t"]),
        ("drop schema s", []),
        ("alter table t add column a int", ["t"]),
        ("comment on table t is 'x'", ["t"]),
    ],
)
def test_finds_the_tables_that_a_statement_changes(sql: str, tables: list[str]) -> None:
    statement = sqlglot.parse_one(sql, read="snowflake")
    assert [table.sql() for table in changed_tables(statement)] == tables


@pytest.mark.parametrize(
    ("sql", "locks"),
    [
        ("insert into t values (1)", False),
        ("insert overwrite into t values (1)", True),
        ("delete from t", True),
        ("truncate table t", True),
    ],
)
def test_all_dml_but_insert_takes_a_lock(sql: str, locks: bool) -> None:
    assert takes_lock(sqlglot.parse_one(sql, read="snowflake")) is locks
