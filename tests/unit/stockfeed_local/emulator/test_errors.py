"""Every failure is returned as an error of the protocol, with Snowflake's number."""

from typing import Any

import duckdb
import pytest
from snowflake.connector.errors import DatabaseError, ProgrammingError

from stockfeed_local.emulator.errors import is_conflict, to_snowflake


@pytest.mark.parametrize(
    ("sql", "errno", "sqlstate", "text"),
    [
        ("selec 1", 1003, "42000", "Line 1, Col: 7"),
        ("select * from nothing", 2003, "42S02", "Object 'NOTHING' does not exist"),
        ("select nothing from (select 1 a)", 2043, "02000", "NOTHING"),
        ("insert into strict_t values (null)", 100072, "22000", "NOT NULL"),
        ("select 'a'::number", 100038, "22018", "Could not convert"),
        ("select 99999999999::number(5,0)", 100038, "22018", "Could not cast"),
    ],
)
def test_statement_errors_have_snowflakes_numbers(
    run: Any, sql: str, errno: int, sqlstate: str, text: str
) -> None:
    run("create table strict_t (a int not null)")
    with pytest.raises(ProgrammingError, match=text) as caught:
        run(sql)
    assert (caught.value.errno, caught.value.sqlstate) == (errno, sqlstate)


@pytest.mark.parametrize(
    "sql",
    [
        "undrop table t",
        "call nothing()",
        "create masking policy p as (v varchar) -> v",
        "show locks",
    ],
)
def test_unsupported_sql_raises_an_error_with_number_and_state(run: Any, sql: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        run(sql)
    assert caught.value.errno
    assert caught.value.sqlstate


def test_snowflake_errors_are_unchanged() -> None:
    error = ProgrammingError(msg="x", errno=7, sqlstate="00007")
    assert to_snowflake(error) is error


def test_other_exceptions_are_internal_errors() -> None:
    error = to_snowflake(KeyError("x"))
    assert (error.errno, error.sqlstate) == (603, "XX000")


@pytest.mark.parametrize(
    ("error", "conflict"),
    [
        (duckdb.TransactionException("TransactionContext Error: Conflict on update!"), True),
        (duckdb.TransactionException("Catalog write-write conflict on create"), True),
        (duckdb.CatalogException("Table with name x does not exist"), False),
        (ValueError("conflict"), False),
    ],
)
def test_recognizes_conflicts(error: Exception, conflict: bool) -> None:
    assert is_conflict(error) is conflict
