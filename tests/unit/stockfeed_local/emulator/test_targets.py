import pytest
import sqlglot

from stockfeed_local.emulator.targets import changed_tables, takes_lock


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("update d.s.t set a = 1 from u where u.a = t.a", ["d.s.t"]),
        ("delete from t using u where u.a = t.a", ["t"]),
        ("insert into t (a) select a from u", ["t"]),
        ("merge into t using u on t.a = u.a when matched then delete", ["t"]),
        ("truncate table t", ["t"]),
        ("create or replace table t (a int)", ["t"]),
        ("create or replace table t as select * from u", ["t"]),
        ("create or replace view v as select * from u", []),
        ("drop table if exists t", ["t"]),
        ("drop schema s", []),
        ("alter table t add column a int", ["t"]),
        ("comment on table t is 'x'", ["t"]),
    ],
)
def test_the_tables_that_a_statement_changes(sql: str, tables: list[str]) -> None:
    statement = sqlglot.parse_one(sql, read="snowflake")
    assert [table.sql() for table in changed_tables(statement)] == tables


@pytest.mark.parametrize(
    ("sql", "locks"),
    [
        ("insert into t values (1)", False),
        ("insert overwrite into t values (1)", True),
        ("delete from t", True),
        ("truncate table t", True),
    ],
)
def test_only_inserts_take_no_lock(sql: str, locks: bool) -> None:
    assert takes_lock(sqlglot.parse_one(sql, read="snowflake")) is locks
