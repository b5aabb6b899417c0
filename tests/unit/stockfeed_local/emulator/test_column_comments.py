"""Snowflake's documentation: "ALTER TABLE … ALTER COLUMN", "COMMENT"."""

from typing import Any

import pytest

from stockfeed_local.emulator.column_comments import parse


@pytest.mark.parametrize(
    ("sql", "comments"),
    [
        ("alter table t alter a comment 'x'", {"A": "x"}),
        ("ALTER TABLE d.s.t MODIFY COLUMN a COMMENT 'it''s'", {"A": "it's"}),
        (
            'alter table d.s.t alter\n "A" COMMENT $$it\'s, a\nprice$$,\n "b" COMMENT $$y$$;',
            {"A": "it's, a\nprice", "b": "y"},
        ),
        ("alter table t alter column a comment 'x', column b comment 'y'", {"A": "x", "B": "y"}),
    ],
)
def test_parses_comments_of_several_columns(sql: str, comments: dict[str, str]) -> None:
    parsed = parse(sql)
    assert parsed is not None
    assert parsed.by_column == comments


@pytest.mark.parametrize(
    "sql",
    ["alter table t add column a int", "alter table t alter a set data type int", "select 1"],
)
def test_other_statements_are_not_parsed(sql: str) -> None:
    assert parse(sql) is None


def test_comments_are_in_information_schema(run: Any) -> None:
    run("create table t (a int)")
    run('alter table stocks.raw.t alter "A" COMMENT $$it\'s a column$$')
    run("comment on table t is $$it's a table$$")
    columns = "select comment from stocks.information_schema.columns where table_name = 'T'"
    tables = "select comment from stocks.information_schema.tables where table_name = 'T'"
    assert run(columns) == [("it's a column",)]
    assert run(tables) == [("it's a table",)]


def test_column_without_comment_has_null(run: Any) -> None:
    run("create or replace transient table t as (select 1 as a)")
    tables = "select comment from stocks.information_schema.tables where table_name = 'T'"
    assert run(tables) == [(None,)]
