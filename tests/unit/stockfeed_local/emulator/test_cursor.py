"""Snowflake's documentation: "CREATE TABLE … AS SELECT" with columns, as dbt's contracts use it."""

import datetime as dt
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

SOURCE = "(select '2024-01-01'::timestamp_ntz as x, 1.5 as y)"


def test_create_table_as_star_takes_declared_names_and_types(run: Any) -> None:
    run(f"create table t (at_time timestamp_ntz, price number(20,8)) as (select * from {SOURCE})")
    assert [(r["name"], r["type"]) for r in run.dicts("describe table t")] == [
        ("AT_TIME", "TIMESTAMP_NTZ(9)"),
        ("PRICE", "NUMBER(20,8)"),
    ]
    assert run("select at_time from t") == [(dt.datetime(2024, 1, 1),)]  # noqa: DTZ001 - NTZ


def test_create_table_as_with_too_few_columns_raises_error(run: Any) -> None:
    with pytest.raises(ProgrammingError, match="Invalid column definition list"):
        run(f"create table t (at_time timestamp_ntz) as (select * from {SOURCE})")
