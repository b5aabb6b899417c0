"""A project parsed with placeholders equals the project parsed with the real names."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stockfeed.transform import parsed
from stockfeed.transform.parsed import PLACEHOLDERS

PROJECT = Path(__file__).parents[4] / "dbt_stocks"
NAMES = {
    "STOCKFEED_WAREHOUSE_DATABASE": "MARKETS",
    "STOCKFEED_WAREHOUSE_SCHEMA": "LANDED",
    "STOCKFEED_DBT_SCHEMA": "MARTS",
    "STOCKFEED_EXCHANGE_TIMEZONE": "Europe/Berlin",
}
# Depend on when, where and by which process the project was parsed.
VOLATILE = {"created_at", "build_path", "file_path", "root_path"}


def parsed_by_a_process(file: Path, code: list[str], environment: dict[str, str]) -> None:
    # In a process each, because dbt reads its environment once per process.
    subprocess.run(
        [sys.executable, *code, file], check=True, capture_output=True, timeout=120,
        env={"PATH": os.environ["PATH"], "STOCKFEED_DBT_PROJECT_DIR": str(PROJECT), **environment},
    )  # fmt: skip


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("ahead") / "parsed"
    parsed_by_a_process(file, ["-m", "stockfeed.transform.parsed"], {})
    return parsed.load(file, NAMES).to_dict()


@pytest.fixture(scope="module")
def in_place(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("in-place") / "parsed"
    code = "import sys; from pathlib import Path; from stockfeed.transform.parsed import parse"
    call = f"parse(Path({str(PROJECT)!r}), Path(sys.argv[1]))"
    account = {"SNOWFLAKE_ACCOUNT": "another", "SNOWFLAKE_ROLE": "TRANSFORMER"}
    parsed_by_a_process(file, ["-c", f"{code}; {call}"], NAMES | account)
    return parsed.load(file, NAMES).to_dict()


def lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in VOLATILE}
    return [lasting(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("part", ["nodes", "sources", "macros", "unit_tests", "selectors", "docs"])
def test_load_replaces_placeholders_with_names(
    ahead: dict[str, Any], in_place: dict[str, Any], part: str
) -> None:
    assert ahead[part]
    assert lasting(ahead[part]) == lasting(in_place[part])


def test_load_leaves_no_placeholder(ahead: dict[str, Any]) -> None:
    text = str(ahead)
    assert "MARKETS.MARTS." in text
    assert not [mark for mark in PLACEHOLDERS.values() if mark in text]


def test_parsing_reads_only_the_placeholders_from_the_environment(ahead: dict[str, Any]) -> None:
    assert set(ahead["env_vars"]) <= set(PLACEHOLDERS)
