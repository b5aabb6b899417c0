"""A warehouse with a raw table that tests fill, and dbt to build from it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stockfeed_local.stack.snowflake import SnowflakeEmulator
from support.dbtproject.runner import Dbt, on_empty_warehouse


@dataclass(frozen=True)
class Warehouse:
    """A raw table, and dbt on the same database."""

    dbt: Dbt

    def land(self, batch_seq: int, lines: Sequence[dict[str, Any]]) -> None:
        """Adds landed lines as one batch."""
        values = ", ".join(["(%s, %s)"] * len(lines))
        parameters = [text for line in lines for text in (json.dumps(line), _file_name(line))]
        self.dbt.execute(
            "insert into RAW.SOURCE_STOCK_QUOTES"
            f" select parse_json(column1), column2, {batch_seq},"
            " convert_timezone('UTC', current_timestamp())::timestamp_ntz"
            f" from values {values}",
            parameters,
        )


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, service_logs: Path
) -> Iterator[SnowflakeEmulator]:
    """Starts an emulator for this module only, so that its database is not shared."""
    with SnowflakeEmulator(tmp_path_factory.mktemp("snowflake"), service_logs) as service:
        yield service


@pytest.fixture(scope="module")
def warehouse(
    server: SnowflakeEmulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """Creates an empty raw table; dbt writes nothing into the source tree."""
    with on_empty_warehouse(server, "DBT_TEST", tmp_path_factory.mktemp("dbt")) as dbt:
        yield Warehouse(dbt)


def _file_name(line: dict[str, Any]) -> str:
    return (
        f"ba7c4/feed=f/group=g/topic={line['_meta']['topic']}-id/partition=00000/"
        "00000000000000000000.jsonl.gz"
    )
