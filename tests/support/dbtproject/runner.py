"""Runs dbt's commands in this process, because dbt takes seconds to import in a new one."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import snowflake.connector
from dbt.cli.main import dbtRunner, dbtRunnerResult
from snowflake.connector import SnowflakeConnection

from stockfeed.contract import env
from stockfeed_local.stack.snowflake import SnowflakeEmulator

PROJECT = Path(__file__).parents[3] / "dbt_stocks"


@dataclass(frozen=True)
class Dbt:
    """Runs dbt on one database of an emulator, and queries that database.

    Args:
        environment: variables that the project's profile reads, besides the process's own.
        connection: a connection to the same database, with schema RAW.
    """

    environment: Mapping[str, str]
    connection: SnowflakeConnection

    def __call__(self, *arguments: str) -> Any:
        """Runs a command, which must succeed, and returns its result: node results for a run."""
        done = self._run(*arguments)
        assert done.success, f"dbt {' '.join(arguments)}: {done.exception or 'see its output'}"
        return done.result

    def failed(self, *arguments: str) -> Any:
        """Runs a command that must fail and returns its node results."""
        done = self._run(*arguments)
        assert not done.success
        return done.result

    def _run(self, *arguments: str) -> dbtRunnerResult:
        with mock.patch.dict(os.environ, self.environment):
            return dbtRunner().invoke(["--no-use-colors", "--log-level-file", "none", *arguments])

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Returns the rows of a query, with column names in lower case."""
        with self.connection.cursor(snowflake.connector.DictCursor) as cursor:
            cursor.execute(sql)
            return [
                {name.lower(): value for name, value in row.items()} for row in cursor.fetchall()
            ]

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Runs a statement."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, list(parameters) or None)


@contextmanager
def on_empty_warehouse(server: SnowflakeEmulator, database: str, home: Path) -> Iterator[Dbt]:
    """Provides dbt on a database whose raw table exists and is empty; writes only below `home`."""
    environment = {
        env.SNOWFLAKE_HOST: server.host,
        env.SNOWFLAKE_PORT: str(server.port),
        env.SNOWFLAKE_PROTOCOL: "http",
        env.SNOWFLAKE_USER: "dbt",
        env.SNOWFLAKE_PASSWORD: "any",
        env.WAREHOUSE_DATABASE: database,
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    with _connect(server, database) as connection:
        dbt = Dbt(environment, connection)
        dbt.execute(f"create schema if not exists {database}.RAW")
        dbt.execute(f"use schema {database}.RAW")
        dbt.execute(
            "create table SOURCE_STOCK_QUOTES"
            " (V variant, FILE_NAME varchar, BATCH_SEQ number(38, 0), LOADED_AT timestamp_ntz)"
        )
        yield dbt


def _connect(server: SnowflakeEmulator, database: str) -> SnowflakeConnection:
    return snowflake.connector.connect(
        account="emulator",
        user="dbt",
        password="any",
        host=server.host,
        port=server.port,
        protocol="http",
        database=database,
        network_timeout=30,
    )
