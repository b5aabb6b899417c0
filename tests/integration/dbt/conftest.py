"""A warehouse whose raw table a test fills by hand, and dbt as a process of its own on it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from stockfeed.contract import env
from stockfeed_local.stack.snowflake import SnowflakeEmulator

PROJECT = Path(__file__).parents[3] / "dbt_stocks"
DATABASE = "DBT_TEST"


@dataclass(frozen=True)
class Dbt:
    """Runs dbt commands in a process, and looks into the warehouse."""

    environment: dict[str, str]
    connection: Any

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """The command's output; fails the test if the command does, unless told not to check."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query, columns in lower case."""
        with self.connection.cursor(snowflake.connector.DictCursor) as cursor:
            return [
                {name.lower(): value for name, value in row.items()}
                for row in cursor.execute(sql).fetchall()
            ]

    def land(self, batch_seq: int, lines: Sequence[dict[str, Any]]) -> None:
        """Adds landed lines as one batch."""
        values = ", ".join(["(%s, %s)"] * len(lines))
        parameters = [text for line in lines for text in (json.dumps(line), _file_name(line))]
        self.execute(
            "insert into RAW.SOURCE_STOCK_QUOTES"
            f" select parse_json(column1), column2, {batch_seq},"
            " convert_timezone('UTC', current_timestamp())::timestamp_ntz"
            f" from values {values}",
            parameters,
        )

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, list(parameters) or None)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, service_logs: Path
) -> Iterator[SnowflakeEmulator]:
    """An emulator of the module's own: its database is not shared with other tests."""
    with SnowflakeEmulator(tmp_path_factory.mktemp("snowflake"), service_logs) as service:
        yield service


@pytest.fixture(scope="module")
def dbt(server: SnowflakeEmulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    """dbt on an empty raw table; nothing of it is written into the source tree."""
    home = tmp_path_factory.mktemp("dbt")
    environment = {
        **os.environ,
        env.SNOWFLAKE_HOST: server.host,
        env.SNOWFLAKE_PORT: str(server.port),
        env.SNOWFLAKE_PROTOCOL: "http",
        env.SNOWFLAKE_USER: "dbt",
        env.SNOWFLAKE_PASSWORD: "any",
        env.WAREHOUSE_DATABASE: DATABASE,
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    with _connect(server) as connection:
        tool = Dbt(environment, connection)
        tool.execute(f"create schema if not exists {DATABASE}.RAW")
        tool.execute(f"use schema {DATABASE}.RAW")
        tool.execute(
            "create table SOURCE_STOCK_QUOTES"
            " (V variant, FILE_NAME varchar, BATCH_SEQ number(38, 0), LOADED_AT timestamp_ntz)"
        )
        yield tool


def _connect(server: SnowflakeEmulator) -> Any:
    return snowflake.connector.connect(
        account="emulator",
        user="dbt",
        password="any",
        host=server.host,
        port=server.port,
        protocol="http",
        database=DATABASE,
        network_timeout=30,
    )


def _file_name(line: dict[str, Any]) -> str:
    return (
        f"ba7c4/feed=f/group=g/topic={line['_meta']['topic']}-id/partition=00000/"
        "00000000000000000000.jsonl.gz"
    )
