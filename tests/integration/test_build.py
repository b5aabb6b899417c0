"""`stockfeed build` as a process, with the real dbt project on the Snowflake emulator."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector import connect

from stockfeed_local.stack.snowflake import SnowflakeEmulator

PROJECT = Path(__file__).parents[2] / "dbt_stocks"
RunStatement = Callable[..., list[tuple[Any, ...]]]
RunBuild = Callable[[], subprocess.CompletedProcess[str]]


@pytest.fixture
def database() -> str:
    return f"BUILD_{uuid.uuid4().hex[:8]}".upper()


@pytest.fixture
def warehouse(snowflake: SnowflakeEmulator, database: str) -> Iterator[RunStatement]:
    """Returns a function that runs a statement and returns its rows."""
    connection = connect(
        account="emulator",
        user="build",
        password="any",
        host=snowflake.host,
        port=snowflake.port,
        protocol="http",
        database=database,
        network_timeout=30,
    )

    def run(sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return [tuple(row) for row in cursor.fetchall()]

    with connection:
        yield run


@pytest.fixture
def build(snowflake: SnowflakeEmulator, database: str, tmp_path: Path) -> RunBuild:
    """Returns a function that runs `stockfeed build`, which writes only below `tmp_path`."""
    secret = tmp_path / "secret"
    secret.mkdir()
    parts = {"account": "emulator", "user": "build", "password": "any", "protocol": "http"}
    parts |= {"host": snowflake.host, "port": str(snowflake.port)}
    for key, value in parts.items():
        (secret / key).write_text(value)
    environment = {
        "STOCKFEED_FEED": "us",
        "STOCKFEED_WAREHOUSE_DATABASE": database,
        "STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR": str(secret),
        "STOCKFEED_DBT_PROJECT_DIR": str(PROJECT),
        "STOCKFEED_OUTPUTS_DIR": str(tmp_path),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
    }
    command = [sys.executable, "-c", "from stockfeed.cli import main; main()", "build"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment, timeout=600
        )

    return run


def test_build_names_failures_and_the_next_one_catches_up(
    build: RunBuild, warehouse: RunStatement, tmp_path: Path
) -> None:
    (tmp_path / "rows").write_text("1")
    failed = build()
    assert failed.returncode == 1
    _, _, reasons = failed.stderr.partition("dbt build failed:\n")
    assert "model bronze_stg_stock: Database Error" in reasons

    warehouse("create schema if not exists RAW")
    warehouse(
        "create table RAW.SOURCE_STOCK_QUOTES"
        " (V variant, FILE_NAME varchar, BATCH_SEQ number(38, 0), LOADED_AT timestamp_ntz)"
    )
    meta = {"topic": "q", "partition": 0, "offset": 7, "timestamp": 1713456789123}
    quote = {"c": 187.42, "o": 185.9, "h": 188.1, "l": 184.75, "pc": 184.03, "t": 1713456789}
    warehouse(
        "insert into RAW.SOURCE_STOCK_QUOTES select parse_json(%s), 'file', 1,"
        " convert_timezone('UTC', current_timestamp())::timestamp_ntz",
        json.dumps({"symbol": "AAPL", **quote, "_meta": meta}),
    )
    built = build()
    assert built.returncode == 0, built.stdout + built.stderr
    assert warehouse("select count(*) from ANALYTICS.SILVER_CLEAN_STOCK") == [(1,)]
    assert float((tmp_path / "build-seconds").read_text()) > 0

    # The next minute loads no rows, but an earlier build failed before it built the candles.
    (tmp_path / "build-seconds").unlink()
    (tmp_path / "rows").write_text("0")
    warehouse("delete from ANALYTICS.GOLD_CANDLESTICK")
    repaired = build()
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    assert warehouse("select count(*) from ANALYTICS.GOLD_CANDLESTICK") == [(4,)]
    (tmp_path / "build-seconds").unlink()

    # A bad line does not count as not built: silver excludes it.
    warehouse(
        "insert into RAW.SOURCE_STOCK_QUOTES select parse_json(%s), 'file', 2,"
        " convert_timezone('UTC', current_timestamp())::timestamp_ntz",
        json.dumps({"_error": "no JSON", "_raw": "eA==", "_meta": meta | {"offset": 8}}),
    )
    assert build().returncode == 0
    assert not (tmp_path / "build-seconds").exists()
