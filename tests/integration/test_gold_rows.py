"""Runs the command with which `make kind-up` prints the freshest rows of gold."""

import uuid

import pytest
import snowflake.connector
from click.testing import CliRunner

from stockfeed_local.gold import main
from stockfeed_local.stack.snowflake import SnowflakeEmulator


@pytest.fixture
def database() -> str:
    return f"GOLD_{uuid.uuid4().hex[:8]}".upper()


def execute(emulator: SnowflakeEmulator, *statements: str) -> None:
    with snowflake.connector.connect(
        account="emulator",
        user="test",
        password="any",
        host=emulator.host,
        port=emulator.port,
        protocol="http",
        network_timeout=10,
    ) as connection:
        for statement in statements:
            connection.cursor().execute(statement)


def run(emulator: SnowflakeEmulator, database: str, *options: str) -> tuple[int, str]:
    arguments = ["--port", str(emulator.port), "--database", database, *options]
    done = CliRunner().invoke(main, arguments)
    return done.exit_code, done.output


def test_most_recently_polled_rows_come_first(snowflake: SnowflakeEmulator, database: str) -> None:
    execute(
        snowflake,
        f"create database {database}",
        f"create schema {database}.ANALYTICS",
        f"create table {database}.ANALYTICS.gold_kpi as select 'OLD' as symbol,"
        " 1.5::number(20, 8) as current_price, 2.5::number(38, 6) as change_percent,"
        " '2026-11-23 14:00:00'::timestamp_ntz as quote_at,"
        " '2026-11-23 14:00:01'::timestamp_ntz as last_seen_at"
        " union all select 'FRESH', 2, null,"
        " '2026-11-23 14:05:00'::timestamp_ntz, '2026-11-23 14:05:01'::timestamp_ntz",
    )

    status, output = run(snowflake, database)
    _, first = run(snowflake, database, "--rows", "1")

    assert status == 0, output
    assert [line.split()[0] for line in output.splitlines()] == ["symbol", "FRESH", "OLD"]
    assert "+2.50 %  2026-11-23 14:00:00" in output
    assert [line.split()[0] for line in first.splitlines()] == ["symbol", "FRESH"]


def test_fails_before_the_first_build(snowflake: SnowflakeEmulator, database: str) -> None:
    execute(snowflake, f"create database {database}")

    status, output = run(snowflake, database)

    assert status == 1
    assert f"{database}.ANALYTICS.gold_kpi has no rows yet" in output
