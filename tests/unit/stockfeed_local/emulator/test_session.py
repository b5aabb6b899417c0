from collections.abc import Callable
from typing import Any

import pytest

from stockfeed_local.emulator.names import QualifiedName
from stockfeed_local.emulator.result import Result
from stockfeed_local.emulator.uploads import Upload


def test_executemany_returns_one_total_count(run: Any) -> None:
    run("create table t (a number(38,0), b varchar)")
    answer = run.session.run_rows("insert into t values (?, ?)", [(1, "x"), (2, "y"), (3, "z")])
    assert isinstance(answer, Result)
    assert answer.table.to_pylist() == [{"number of rows inserted": 3}]
    assert run("select count(*) from t") == [(3,)]


def test_put_returns_the_upload(run: Any) -> None:
    run("create stage stg")
    answer = run.session.run("PUT file:///tmp/*.gz @raw.stg/b1/feed=us AUTO_COMPRESS=FALSE")
    assert isinstance(answer, Upload)
    assert answer.stage == QualifiedName("STOCKS", "RAW", "STG")
    assert (answer.path, answer.auto_compress) == ("b1/feed=us", False)


@pytest.mark.parametrize(
    "sql",
    [
        "create or replace view v copy grants as (select 1 as a)",
        "create or replace transient table t copy grants as (select 1 as a)",
        "create table if not exists t (a number(38,0) not null) comment = 'x'",
        "alter table existing add column b varchar",
        "alter table existing cluster by (a)",
        "alter table existing rename to renamed",
        "show terse objects in stocks.raw limit 10000",
        "show terse schemas in database stocks limit 10000",
        "show tables in schema stocks.raw",
        "use schema stocks.raw",
        "use warehouse w",
        "use role r",
        "drop table if exists nothing cascade",
        "select current_database(), current_schema()",
    ],
)
def test_runs_the_statements_of_dbt_and_the_loader(run: Any, sql: str) -> None:
    run("create table existing (a number(38,0))")
    assert isinstance(run(sql), list)


def test_closing_a_session_releases_its_locks(run: Any, connect: Callable[..., Any]) -> None:
    run("create table t (a number(38,0))")
    run("insert into t values (1)")
    other = connect()
    other("begin")
    other("update t set a = 2")
    other.session.end()
    run("alter session set lock_timeout = 0")
    run("update t set a = a + 10")
    assert run("select a from t") == [(11,)]
