import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from snowflake.connector.errors import ProgrammingError

from stockfeed_local.emulator.transaction import Transaction, retry

CONFLICT = duckdb.TransactionException("Conflict on update!")


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(tmp_path / "t.db")
    connection.execute("CREATE TABLE t (n INT)")
    yield connection
    connection.close()


def fails(times: int, error: Exception) -> list[Exception]:
    return [error] * times


def test_conflict_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    left = fails(3, CONFLICT)

    def action() -> str:
        if left:
            raise left.pop()
        return "done"

    assert retry(action) == "done"


def test_repeated_conflicts_raise_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(duckdb.TransactionException):
        retry(lambda: (_ for _ in ()).throw(CONFLICT))


def test_other_errors_are_not_retried() -> None:
    calls: list[int] = []

    def action() -> None:
        calls.append(1)
        raise duckdb.CatalogException("no such table")

    with pytest.raises(duckdb.CatalogException):
        retry(action)
    assert calls == [1]


def test_duckdbs_transaction_starts_with_the_first_change(duck: duckdb.DuckDBPyConnection) -> None:
    transaction, other = Transaction(duck), duck.cursor()
    transaction.begin()
    transaction.read(lambda: duck.execute("SELECT * FROM t").fetchall())
    other.execute("INSERT INTO t VALUES (1)")
    seen = transaction.write(lambda: duck.execute("UPDATE t SET n = n + 1 RETURNING n").fetchall())
    assert seen == [(2,)]
    transaction.commit()
    assert other.execute("SELECT n FROM t").fetchall() == [(2,)]


def test_aborted_transaction_rejects_statements(duck: duckdb.DuckDBPyConnection) -> None:
    transaction = Transaction(duck)
    transaction.begin()
    transaction.write(lambda: duck.execute("INSERT INTO t VALUES (1)"))
    transaction.abort("aborted by a test")
    with pytest.raises(ProgrammingError, match="aborted by a test"):
        transaction.read(lambda: None)
    with pytest.raises(ProgrammingError, match="aborted by a test"):
        transaction.commit()
    assert transaction.read(lambda: duck.execute("SELECT * FROM t").fetchall()) == []
