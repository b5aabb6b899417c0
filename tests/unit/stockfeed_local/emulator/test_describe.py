"""Snowflake's documentation: "DESCRIBE TABLE"."""

from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

COLUMNS = (
    "a number(20,8) not null, b varchar(10), c timestamp_ntz, d variant, e boolean, f float, g int"
)
TYPES = [
    ("A", "NUMBER(20,8)", "N"),
    ("B", "VARCHAR(10)", "Y"),
    ("C", "TIMESTAMP_NTZ(9)", "Y"),
    ("D", "VARIANT", "Y"),
    ("E", "BOOLEAN", "Y"),
    ("F", "FLOAT", "Y"),
    ("G", "NUMBER(38,0)", "Y"),
]


def described(run: Any, name: str) -> list[tuple[str, str, str]]:
    return [(r["name"], r["type"], r["null?"]) for r in run.dicts(f"describe table {name}")]


def test_describe_shows_snowflakes_types(run: Any) -> None:
    run(f"create table t ({COLUMNS})")
    assert described(run, "t") == TYPES


def test_describe_works_outside_the_current_database(run: Any) -> None:
    run("create database elsewhere")
    run("create schema elsewhere.s")
    run(f"create table elsewhere.s.t ({COLUMNS})")
    run("use schema stocks.raw")
    assert described(run, "elsewhere.s.t") == TYPES


def test_describe_shows_literals_and_counts_as_numbers(run: Any) -> None:
    run("create temporary table raw.t as select 1 as a, count(*) as b, sum(1) as c from (select 1)")
    assert described(run, "raw.t") == [(name, "NUMBER(38,0)", "Y") for name in "ABC"]


def test_describe_of_a_missing_table_raises_the_error_that_dbt_expects(run: Any) -> None:
    with pytest.raises(ProgrammingError, match="does not exist or not authorized") as caught:
        run("describe table stocks.raw.nothing")
    assert caught.value.errno == 2003
