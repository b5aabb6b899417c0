"""Snowflake's documentation: "CREATE STAGE", "DROP STAGE", "LIST", "REMOVE"."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError


@pytest.fixture
def staged(run: Any, stage_file: Callable[..., Path]) -> Any:
    """A session, and a stage with two files."""
    run("create stage if not exists stg")
    stage_file("a/feed=us/1.gz", b"{}")
    stage_file("b/2.gz", b"{}")
    return run


def test_list_shows_names_sizes_and_etags(staged: Any) -> None:
    (row,) = staged.dicts("list @stg/a/")
    assert row["name"] == "stg/a/feed=us/1.gz"
    assert row["size"] > 0
    assert len(row["md5"]) == 32
    assert row["last_modified"].endswith(" GMT")


@pytest.mark.parametrize("reference", ["@stg", "@STG/", "@raw.stg", "'@stocks.raw.stg/'", '@"STG"'])
def test_resolves_stage_names(staged: Any, reference: str) -> None:
    assert [name for name, *_ in staged(f"list {reference}")] == [
        "stg/a/feed=us/1.gz",
        "stg/b/2.gz",
    ]


def test_list_filters_by_pattern(staged: Any) -> None:
    assert [name for name, *_ in staged("list @stg pattern = '.*2[.]gz'")] == ["stg/b/2.gz"]


def test_remove_returns_the_removed_files(staged: Any) -> None:
    answer = [{"name": "stg/a/feed=us/1.gz", "result": "removed"}]
    assert staged.dicts("remove @stg/a/") == answer
    assert staged.dicts("remove @stg/a/") == []
    assert [name for name, *_ in staged("list @stg")] == ["stg/b/2.gz"]


def test_create_if_not_exists_keeps_files_and_or_replace_deletes_them(staged: Any) -> None:
    staged("create stage if not exists stg")
    assert len(staged("list @stg")) == 2
    staged("create or replace stage stg")
    assert staged("list @stg") == []


def test_drop_stage_deletes_its_files(staged: Any) -> None:
    assert staged("drop stage stg") == [("STG successfully dropped.",)]
    with pytest.raises(ProgrammingError, match=r"Stage 'STOCKS\.RAW\.STG' does not exist"):
        staged("list @stg")
    staged("create stage stg")
    assert staged("list @stg") == []


def test_drop_of_a_missing_stage_raises_error_unless_if_exists(run: Any) -> None:
    with pytest.raises(ProgrammingError) as caught:
        run("drop stage stg")
    assert (caught.value.errno, caught.value.sqlstate) == (2003, "02000")
    assert run("drop stage if exists stg") == [("Drop statement executed successfully.",)]


@pytest.mark.parametrize("sql", ["drop schema raw", "drop schema stocks.raw"])
def test_dropping_a_schema_deletes_its_stages(staged: Any, sql: str) -> None:
    staged("create table t as select 1 as a")
    staged(sql)
    with pytest.raises(ProgrammingError, match="does not exist"):
        staged("list @stocks.raw.stg")


@pytest.mark.parametrize("reference", ["@%t", "@~/x", "@stg.a.b.c.d"])
def test_table_and_user_stages_do_not_exist(run: Any, reference: str) -> None:
    with pytest.raises(ProgrammingError):
        run(f"list {reference}")
