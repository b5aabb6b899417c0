"""Snowflake's documentation: "MERGE"."""

from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError


@pytest.fixture
def tables(run: Any) -> Any:
    run("create table target (id number(38,0), v varchar)")
    run("insert into target values (1, 'old'), (2, 'old')")
    run("create table source (id number(38,0), v varchar)")
    run("insert into source values (2, 'new'), (3, 'new')")
    return run


def test_runs_dbts_merge_with_unqualified_values(tables: Any) -> None:
    tables("create temporary table raw.staged as select * from source")
    answer = tables.dicts(
        """
        merge into stocks.raw.target as DBT_INTERNAL_DEST
        using stocks.raw.staged as DBT_INTERNAL_SOURCE
        on (DBT_INTERNAL_DEST.id < 100) and (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)
        when matched then update set "V" = DBT_INTERNAL_SOURCE."V"
        when not matched then insert ("ID", "V") values ("ID", "V")
        """
    )
    assert answer == [{"number of rows inserted": 1, "number of rows updated": 1}]
    assert tables("select * from target order by id") == [(1, "old"), (2, "new"), (3, "new")]


@pytest.mark.parametrize(
    ("clauses", "answer", "left"),
    [
        ("when matched then delete", {"number of rows deleted": 1}, [(1, "old")]),
        (
            "when matched and s.v = 'no' then delete when not matched then insert values (9, s.v)",
            {"number of rows inserted": 1, "number of rows deleted": 0},
            [(1, "old"), (2, "old"), (9, "new")],
        ),
        (
            "when matched then update set t.v = upper(s.v)",
            {"number of rows updated": 1},
            [(1, "old"), (2, "NEW")],
        ),
    ],
)
def test_result_counts_each_kind_of_operation(
    tables: Any, clauses: str, answer: dict[str, int], left: list[tuple[Any, ...]]
) -> None:
    merge = f"merge into target t using source s on t.id = s.id {clauses}"
    assert tables.dicts(merge) == [answer]
    assert tables("select * from target order by id") == left


def test_two_source_rows_for_one_target_row_raise_error(tables: Any) -> None:
    tables("insert into source values (2, 'newer')")
    with pytest.raises(ProgrammingError, match="Duplicate row detected") as caught:
        tables(
            "merge into target t using source s on t.id = s.id when matched then update set v = s.v"
        )
    assert caught.value.errno == 100090
    assert tables("select v from target where id = 2") == [("old",)]
