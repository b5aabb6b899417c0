"""Starts the emulator with its launcher, and connects to it."""

from pathlib import Path

import snowflake.connector

from stockfeed_local.stack.snowflake import SnowflakeEmulator


def query(emulator: SnowflakeEmulator, sql: str) -> list[tuple[object, ...]]:
    with snowflake.connector.connect(
        host=emulator.host,
        port=emulator.port,
        protocol="http",
        account="local",
        user="local",
        password="local",
        network_timeout=10,
    ) as connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


def test_connector_can_query_the_emulator(snowflake: SnowflakeEmulator) -> None:
    assert query(snowflake, "select 1") == [(1,)]


def test_databases_survive_a_kill_and_a_restart(tmp_path: Path) -> None:
    with SnowflakeEmulator(tmp_path / "data", tmp_path / "logs") as emulator:
        query(emulator, "create database kept")
        query(emulator, "create schema kept.raw")
        query(emulator, "create table kept.raw.t as select 7 as a")
        emulator.process.kill()

        emulator.start()

        assert query(emulator, "select a from kept.raw.t") == [(7,)]
