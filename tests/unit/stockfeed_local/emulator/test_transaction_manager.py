"""Snowflake's documentation: "Transactions": READ COMMITTED, locks, DDL, idle transactions."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

Connect = Callable[..., Any]


@pytest.fixture
def counter(run: Any) -> Any:
    """A session, and the table COUNTER (N) with one row: 0."""
    run("create table counter (n number(38,0))")
    run("insert into counter values (0)")
    return run


def in_thread(action: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    return thread


def test_rollback_discards_all_changes(counter: Any) -> None:
    counter("begin")
    counter("update counter set n = 1")
    counter("insert into counter values (7)")
    assert counter("select n from counter order by n") == [(1,), (7,)]
    counter("rollback")
    assert counter("select n from counter") == [(0,)]


def test_commit_makes_changes_visible_to_others(counter: Any, connect: Connect) -> None:
    other = connect()
    counter("begin")
    counter("update counter set n = 1")
    assert other("select n from counter") == [(0,)]
    counter("commit")
    assert other("select n from counter") == [(1,)]


@pytest.mark.parametrize("end", ["commit", "rollback", "commit work"])
def test_commit_and_rollback_without_a_transaction_do_nothing(run: Any, end: str) -> None:
    assert run(end) == [("Statement executed successfully.",)]


def test_begin_inside_a_transaction_is_ignored(counter: Any) -> None:
    counter("begin transaction")
    counter("update counter set n = 1")
    counter("begin")
    counter("rollback")
    assert counter("select n from counter") == [(0,)]


def test_ddl_commits_the_open_transaction(counter: Any) -> None:
    counter("begin")
    counter("update counter set n = 1")
    counter("create table another (n number(38,0))")
    counter("rollback")
    assert counter("select n from counter") == [(1,)]


def test_without_autocommit_a_change_waits_for_commit(counter: Any, connect: Connect) -> None:
    other = connect(AUTOCOMMIT=False)
    other("update counter set n = 5")
    assert counter("select n from counter") == [(0,)]
    other("commit")
    assert counter("select n from counter") == [(5,)]


def test_failed_first_statement_keeps_the_transaction_open(counter: Any) -> None:
    counter("begin")
    with pytest.raises(ProgrammingError):
        counter("insert into counter select cast('x' as number)")
    counter("insert into counter values (8)")
    counter("commit")
    assert counter("select n from counter order by n") == [(0,), (8,)]


def test_update_waits_for_the_lock_and_sees_committed_changes(
    counter: Any, connect: Connect
) -> None:
    """The waiter's snapshot must not be older than its lock."""
    other = connect()
    other("begin")
    assert other("select n from counter") == [(0,)]
    counter("begin")
    counter("update counter set n = n + 1")
    waiting = in_thread(lambda: other("update counter set n = n + 10"))
    while not other.session.transactions.is_waiting():
        time.sleep(0.001)
    counter("commit")
    waiting.join(60)
    assert other("select n from counter") == [(11,)]
    other("commit")
    assert counter("select n from counter") == [(11,)]


def test_concurrent_increments_are_not_lost(counter: Any, connect: Connect) -> None:
    sessions = [connect() for _ in range(6)]

    def increment(session: Any) -> None:
        for _ in range(5):
            session("begin")
            session("update counter set n = n + 1")
            session("commit")

    threads = [in_thread(partial(increment, session)) for session in sessions]
    for thread in threads:
        thread.join(60)
    assert counter("select n from counter") == [(30,)]


@pytest.mark.parametrize(
    "change",
    [
        "update counter set n = 2",
        "delete from counter",
        "truncate table counter",
        "insert overwrite into counter values (3)",
        "merge into counter c using (select 0 as n) s on c.n = s.n when matched then delete",
    ],
)
def test_dml_waits_for_the_lock_until_its_timeout(
    counter: Any, connect: Connect, change: str
) -> None:
    counter("begin")
    counter("update counter set n = 1")
    other = connect(LOCK_TIMEOUT=0)
    with pytest.raises(ProgrammingError, match="has not yet been released") as caught:
        other(change)
    assert (caught.value.errno, caught.value.sqlstate) == (625, "57014")


def test_lock_timeout_can_be_altered(counter: Any, connect: Connect) -> None:
    counter("begin")
    counter("update counter set n = 1")
    other = connect()
    other("alter session set lock_timeout = 0")
    with pytest.raises(ProgrammingError):
        other("delete from counter")


def test_insert_does_not_wait_for_the_lock(counter: Any, connect: Connect) -> None:
    counter("begin")
    counter("update counter set n = 1")
    counter("insert into counter values (2)")
    connect(LOCK_TIMEOUT=0)("insert into counter values (3)")
    counter("commit")
    assert counter("select n from counter order by n") == [(1,), (2,), (3,)]


def test_ddl_waits_for_the_tables_lock(counter: Any, connect: Connect) -> None:
    counter("begin")
    counter("update counter set n = 1")
    with pytest.raises(ProgrammingError):
        connect(LOCK_TIMEOUT=0)("drop table counter")


@pytest.mark.parametrize("idle_timeout", [0.05])
def test_idle_transaction_that_blocks_another_is_rolled_back(
    counter: Any, connect: Connect
) -> None:
    counter("begin")
    counter("update counter set n = 1")
    connect()("update counter set n = n + 10")
    with pytest.raises(ProgrammingError, match="Transaction aborted: idle") as caught:
        counter("commit")
    assert caught.value.sqlstate == "25000"
    assert counter("select n from counter") == [(10,)]


@pytest.mark.parametrize("idle_timeout", [0.05])
def test_aborted_transaction_fails_until_rollback(counter: Any, connect: Connect) -> None:
    counter("begin")
    counter("update counter set n = 1")
    connect()("update counter set n = 5")
    with pytest.raises(ProgrammingError, match="Transaction aborted"):
        counter("insert into counter values (9)")
    counter("rollback")
    counter("insert into counter values (9)")
    assert counter("select n from counter order by n") == [(5,), (9,)]


def test_table_changed_by_another_session_since_the_first_change_raises_error(
    counter: Any, connect: Connect
) -> None:
    counter("create table log (n number(38,0))")
    counter("begin")
    counter("insert into log values (1)")
    connect()("update counter set n = 1")
    with pytest.raises(ProgrammingError, match="change this table first"):
        counter("update counter set n = n + 1")


def test_failed_statement_after_a_change_makes_commit_fail(counter: Any) -> None:
    counter("begin")
    counter("insert into counter values (1)")
    with pytest.raises(ProgrammingError):
        counter("select cast('x' as number)")
    with pytest.raises(ProgrammingError, match="Transaction aborted"):
        counter("commit")
    assert counter("select n from counter") == [(0,)]


def test_cancelled_statement_stops_waiting_for_its_lock(counter: Any, connect: Connect) -> None:
    counter("begin")
    counter("update counter set n = 1")
    errors: list[int | None] = []
    other = connect()

    def wait() -> None:
        with pytest.raises(ProgrammingError) as caught:
            other("delete from counter")
        errors.append(caught.value.errno)

    waiting = in_thread(wait)
    while not other.session.transactions.is_waiting():
        time.sleep(0.001)
    other.session.transactions.cancel()
    waiting.join(60)
    assert errors == [604]


def test_sessions_can_create_and_drop_tables_concurrently(connect: Connect) -> None:
    sessions = [connect() for _ in range(4)]
    failures: list[Exception] = []

    def build(number: int, session: Any) -> None:
        try:
            for _ in range(5):
                session(f"create or replace table t{number} as select {number} as n")
                session(f"comment on table t{number} is 'number {number}'")
                session(f"drop table t{number}")
        except Exception as error:  # noqa: BLE001 - asserted below
            failures.append(error)

    threads = [in_thread(partial(build, n, s)) for n, s in enumerate(sessions)]
    for thread in threads:
        thread.join(60)
    assert failures == []
