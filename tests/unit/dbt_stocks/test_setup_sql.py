"""setup.sql is valid Snowflake SQL, can be run again, and grants no more than needed."""

import re

import pytest

from generator.statements.setup_sql import FILE, SyntaxProblems, grants, statements
from stockfeed.snowflake import LOCK_TIMEOUT_SECONDS
from stockfeed_operator.spec.storage import Dbt, Warehouse

TEXT = FILE.read_text()
PAGE = FILE.parents[1] / "docs" / "snowflake.md"
# The least powerful role that may run each kind of statement: USERADMIN and SYSADMIN create,
# SECURITYADMIN grants, and only ACCOUNTADMIN can create resource monitors.
ROLES = {
    r"CREATE (ROLE|USER) .*": "USERADMIN",
    r"GRANT ROLE .*": "USERADMIN",
    r"CREATE (WAREHOUSE|DATABASE|SCHEMA) .*": "SYSADMIN",
    r"GRANT [A-Z, ]+ ON .*": "SECURITYADMIN",
    r"CREATE RESOURCE MONITOR .*": "ACCOUNTADMIN",
    r"ALTER WAREHOUSE \w+ SET RESOURCE_MONITOR = \w+": "ACCOUNTADMIN",
}


@pytest.fixture(scope="module")
def script() -> list[str]:
    return statements(TEXT)


def test_parses_every_statement(script: list[str]) -> None:
    assert len(script) == TEXT.count(";\n") == 26


@pytest.mark.parametrize(
    ("written", "misspelt"),
    [
        ("TYPE = SERVICE", "TIPE = SERVICE"),
        ("WITH MANAGED ACCESS", "WITH MANAGED ACESS"),
        ("AUTO_SUSPEND", "AUTOSUSPEND"),
        ("CREDIT_QUOTA", "CREDIT_QOTA"),
        ("PERCENT DO SUSPEND", "PERCENT SUSPEND"),
        ("GRANT USAGE ON WAREHOUSE", "GRANT USAG ON WAREHOUSE"),
        ("CREATE TABLE, CREATE STAGE ON", "CREATE TABEL, CREATE STAGE ON"),
        ("ON FUTURE TABLES IN SCHEMA", "ON FUTUR TABLES IN SCHEMA"),
        ("SET RESOURCE_MONITOR", "SET RESOURCEMONITOR"),
    ],
)
def test_rejects_misspelt_keywords(written: str, misspelt: str) -> None:
    assert written in TEXT
    with pytest.raises(SyntaxProblems):
        statements(TEXT.replace(written, misspelt, 1))


def test_uses_the_least_powerful_role_for_each_statement(script: list[str]) -> None:
    role = None
    for statement in script:
        if (used := re.fullmatch(r"USE ROLE (\w+)", statement)) is not None:
            role = used[1]
            continue
        [wanted] = [name for pattern, name in ROLES.items() if re.fullmatch(pattern, statement)]
        assert role == wanted, statement


def test_second_run_replaces_and_removes_nothing(script: list[str]) -> None:
    for statement in script:
        assert not re.search(r"\bOR REPLACE\b|\bDROP\b|\bREVOKE\b|\bUNSET\b", statement)
        assert not statement.startswith("CREATE") or " IF NOT EXISTS " in statement
    changed = [statement for statement in script if statement.startswith("ALTER")]
    assert changed == ["ALTER WAREHOUSE STOCKFEED SET RESOURCE_MONITOR = STOCKFEED"]


def test_user_is_a_service_user_with_a_key_and_only_the_pipelines_role(script: list[str]) -> None:
    [user] = [statement for statement in script if statement.startswith("CREATE USER")]
    assert " TYPE = SERVICE " in user
    assert " RSA_PUBLIC_KEY = 'PASTE_THE_PUBLIC_KEY_HERE'" in user
    assert " DEFAULT_SECONDARY_ROLES = ( ) " in user
    assert "PASSWORD" not in user
    given = [statement for statement in script if statement.endswith(" TO USER STOCKFEED")]
    assert given == ["GRANT ROLE STOCKFEED TO USER STOCKFEED"]


def test_readers_can_only_read_the_models(script: list[str]) -> None:
    rights = [statement for statement in script if statement.endswith("TO ROLE STOCKFEED_READER")]
    for statement in rights:
        assert re.match(r"GRANT (USAGE|SELECT) ON ", statement), statement
        assert "RAW" not in statement
        assert "WAREHOUSE" not in statement
    assert {(need.privilege, need.name) for need in grants(script, "STOCKFEED_READER")} == {
        ("USAGE", "STOCKS"),
        ("USAGE", "STOCKS.ANALYTICS"),
    }


def test_schemas_are_the_defaults_of_a_feed(script: list[str]) -> None:
    made = {statement.split()[5] for statement in script if statement.startswith("CREATE SCHEMA")}
    schemas = (
        Warehouse.model_fields["schema_name"].default,
        Dbt.model_fields["schema_name"].default,
    )
    assert made == {f"STOCKS.{schema}" for schema in schemas}


def test_statement_timeout_exceeds_the_loaders_lock_timeout(script: list[str]) -> None:
    [warehouse] = [statement for statement in script if statement.startswith("CREATE WAREHOUSE")]
    limit = re.search(r"STATEMENT_TIMEOUT_IN_SECONDS = (\d+)", warehouse)
    assert limit is not None
    assert int(limit[1]) > LOCK_TIMEOUT_SECONDS


def test_quota_allows_a_warehouse_that_runs_all_month(script: list[str]) -> None:
    [monitor] = [statement for statement in script if "CREDIT_QUOTA" in statement]
    quota = re.search(r"CREDIT_QUOTA = (\d+)", monitor)
    assert quota is not None
    assert int(quota[1]) > 31 * 24


def test_sql_on_the_page_parses() -> None:
    blocks = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        assert statements(block)
