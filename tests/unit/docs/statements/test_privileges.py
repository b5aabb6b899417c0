"""Privileges of statements by shape; unknown shapes are errors."""

import pytest

from generator.statements.privileges import Need, UnknownStatementError, demand, judged
from generator.statements.recorder import Statement

DB = Need("USAGE", "DATABASE", "D")
SCHEMA = Need("USAGE", "SCHEMA", "D.S")
COMPUTE = Need("USAGE", "WAREHOUSE", "STOCKFEED")


def statement(text: str) -> Statement:
    return Statement("test", "", "D", "S", text)


def on(name: str, kind: str, *privileges: str) -> set[Need]:
    """Returns the privileges, and USAGE on database and schema."""
    database, schema, _ = name.split(".")
    place = {Need("USAGE", "DATABASE", database), Need("USAGE", "SCHEMA", f"{database}.{schema}")}
    return place | {Need(privilege, kind, name) for privilege in privileges}


def make(kind: str) -> set[Need]:
    return {DB, SCHEMA, Need(f"CREATE {kind}", "SCHEMA", "D.S")}


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("BEGIN", set()),
        ("-- a comment\n begin /* another */;", set()),
        ("alter session set query_tag = 'x'", set()),
        ("PUT 'file:///a/*' '@STG/b/c' OVERWRITE=FALSE", on("D.S.STG", "STAGE", "READ", "WRITE")),
        ("LIST @STG", on("D.S.STG", "STAGE", "READ")),
        ("REMOVE @STG/b/", on("D.S.STG", "STAGE", "WRITE")),
        (
            "COPY INTO Q (V) FROM (SELECT $1 FROM @STG/b/) FILES = ('f') ON_ERROR = SKIP_FILE",
            on("D.S.STG", "STAGE", "READ") | on("D.S.Q", "TABLE", "INSERT", "SELECT") | {COMPUTE},
        ),
        (
            "with c as (select * from A.B.T) select * from c join U on c.x = U.x",
            on("A.B.T", "TABLE", "SELECT") | on("D.S.U", "TABLE", "SELECT") | {COMPUTE},
        ),
        (
            "INSERT INTO T (A) SELECT F.VALUE FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) F",
            on("D.S.T", "TABLE", "INSERT") | {COMPUTE},
        ),
        ("UPDATE T SET A = A + 1", on("D.S.T", "TABLE", "UPDATE", "SELECT") | {COMPUTE}),
        (
            "MERGE INTO T USING (SELECT 1 A) N ON T.A = N.A WHEN MATCHED THEN UPDATE SET A = 2",
            on("D.S.T", "TABLE", "UPDATE", "SELECT") | {COMPUTE},
        ),
        (
            "MERGE INTO T USING U N ON T.A = N.A WHEN NOT MATCHED THEN INSERT (A) VALUES (N.A)",
            on("D.S.T", "TABLE", "INSERT", "SELECT") | on("D.S.U", "TABLE", "SELECT") | {COMPUTE},
        ),
        ("CREATE SCHEMA IF NOT EXISTS D.S", {DB, Need("CREATE SCHEMA", "DATABASE", "D")}),
        ("CREATE STAGE IF NOT EXISTS STG", make("STAGE")),
        ("CREATE TABLE T (A INT)", make("TABLE")),
        ("create temporary table T (A INT)", {DB, SCHEMA}),
        (
            "create or replace transient table T as (select * from U)",
            make("TABLE")
            | on("D.S.T", "TABLE", "OWNERSHIP")
            | on("D.S.U", "TABLE", "SELECT")
            | {COMPUTE},
        ),
        (
            "create or replace temporary view V as (select * from U)",
            make("VIEW") | on("D.S.V", "VIEW", "OWNERSHIP") | on("D.S.U", "TABLE", "SELECT"),
        ),
        ("drop table if exists T cascade", on("D.S.T", "TABLE", "OWNERSHIP")),
        ("alter table T cluster by (A)", on("D.S.T", "TABLE", "OWNERSHIP")),
        ("describe table T", on("D.S.T", "TABLE", "SELECT")),
        ("USE SCHEMA D.S", {DB, SCHEMA}),
        ("show terse schemas in database D limit 10", {DB}),
        ("show objects in D.S limit 10", {DB, SCHEMA}),
    ],
)
def test_privileges_by_statement(text: str, needs: set[Need]) -> None:
    assert demand(statement(text)).needs == needs


@pytest.mark.parametrize(
    "text",
    [
        "CALL P()",
        "GRANT SELECT ON TABLE T TO ROLE R",
        "CREATE TASK T AS SELECT 1",
        "CREATE FUNCTION F() RETURNS INT AS '1'",
        "DROP SCHEMA S",
        "ALTER WAREHOUSE W RESUME",
        "USE ROLE R",
        "SHOW GRANTS",
        "TRUNCATE TABLE T",
        "MERGE INTO T USING U ON T.A = U.A WHEN MATCHED THEN DELETE",
        "COPY INTO @STG FROM T",
    ],
)
def test_unknown_statement_is_an_error(text: str) -> None:
    with pytest.raises(UnknownStatementError) as raised:
        demand(statement(text))
    assert text in str(raised.value)


def test_creator_of_an_object_needs_no_grant_on_it() -> None:
    texts = [
        "create or replace table T as (select 1 as A)",
        "select * from T",
        "create or replace table T as (select 2 as A)",
        "drop table T",
        "drop table if exists NEVER_MADE",
        "select * from OF_ANOTHER_ROLE",
    ]
    grants = [one.grants - {DB, SCHEMA, COMPUTE} for one in judged([statement(t) for t in texts])]
    create = Need("CREATE TABLE", "SCHEMA", "D.S")
    other = Need("SELECT", "TABLE", "D.S.OF_ANOTHER_ROLE")
    assert grants == [{create}, set(), {create}, set(), set(), {other}]


def test_dropping_another_roles_object_needs_a_grant() -> None:
    [one] = judged([statement("drop table T")])
    assert Need("OWNERSHIP", "TABLE", "D.S.T") in one.grants
