"""Snowflake's documentation: "Working with temporary and transient tables"."""

from collections.abc import Callable
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError


@pytest.mark.parametrize("name", ["t", "raw.t", "stocks.raw.t", '"T"', "RAW.T"])
def test_temporary_table_can_have_any_qualified_name(run: Any, name: str) -> None:
    run(f"create or replace temporary table {name} as select 1 as a")
    assert run("select t.a from stocks.raw.t") == [(1,)]
    assert run("select a from T") == [(1,)]


def test_temporary_table_is_visible_in_its_session_only(
    run: Any, connect: Callable[..., Any]
) -> None:
    run("create temporary table raw.t as select 1 as a")
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        connect()("select * from raw.t")


def test_temporary_table_shadows_a_permanent_one_until_dropped(run: Any) -> None:
    run("create table t as select 'permanent' as a")
    run("create temporary table raw.t as select 'temporary' as a")
    assert run("select a from stocks.raw.t") == [("temporary",)]
    run("drop table raw.t")
    assert run("select a from t") == [("permanent",)]


def test_same_name_in_two_schemas_is_two_tables(run: Any) -> None:
    run("create schema other")
    run("create temporary table stocks.raw.t as select 1 as a")
    run("create temporary table stocks.other.t as select 2 as a")
    assert run(
        "select x.a as xa, y.a as ya from stocks.raw.t x join stocks.other.t y on x.a < y.a"
    ) == [(1, 2)]


def test_temporary_view_can_name_its_columns(run: Any) -> None:
    run("create table base as select 1 as a")
    run("create or replace temporary view raw.v (b) copy grants as (select a from base)")
    assert run("select b from stocks.raw.v") == [(1,)]


def test_temporary_table_supports_dml_and_joins(run: Any) -> None:
    run("create temporary table raw.t (a number(38,0))")
    run("insert into raw.t values (1), (2)")
    run("update raw.t set a = 3 where a = 2")
    run("delete from raw.t where a = 1")
    run("create table kept as select * from raw.t")
    assert run("select a from kept") == [(3,)]


def test_common_table_expression_shadows_a_temporary_table(run: Any) -> None:
    run("create temporary table raw.t as select 1 as a")
    assert run("with t as (select 2 as a) select a from t") == [(2,)]
