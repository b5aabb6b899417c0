from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.artifacts.schemas.results import RunStatus, TestStatus
from dbt.artifacts.schemas.run import RunExecutionResult, RunResult
from dbt.cli.main import dbtRunnerResult

from stockfeed.settings import BuildSettings
from stockfeed.transform.invocation import arguments, exported, failures


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., BuildSettings]:
    def make(**more: str) -> BuildSettings:
        for key, value in (("account", "acme"), ("user", "me"), ("privateKey", "pem")):
            (tmp_path / key).write_text(value)
        given = {
            "STOCKFEED_FEED": "us",
            "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
            "STOCKFEED_DBT_PROJECT_DIR": "/dbt",
            "STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR": str(tmp_path),
        }
        return BuildSettings.from_env(given | more)

    return make


def test_exports_mounted_credentials_by_variable_name(
    settings: Callable[..., BuildSettings],
) -> None:
    assert exported(settings(SNOWFLAKE_ROLE="LOADER")) == {
        "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
        "STOCKFEED_WAREHOUSE_SCHEMA": "RAW",
        "STOCKFEED_DBT_SCHEMA": "ANALYTICS",
        "STOCKFEED_EXCHANGE_TIMEZONE": "America/New_York",
        "SNOWFLAKE_ACCOUNT": "acme",
        "SNOWFLAKE_USER": "me",
        "SNOWFLAKE_PRIVATE_KEY": "pem",
        "SNOWFLAKE_ROLE": "LOADER",
    }


@pytest.mark.parametrize(("log_format", "dbts"), [("json", "json"), ("console", "text")])
def test_dbt_writes_only_to_its_target_directory(
    settings: Callable[..., BuildSettings], log_format: str, dbts: str
) -> None:
    given = arguments(settings(STOCKFEED_LOG_FORMAT=log_format), "minute", Path("/target"))
    options = dict(pairwise(given))
    assert options["--log-format"] == dbts
    assert options["--selector"] == "minute"
    assert options["--project-dir"] == options["--profiles-dir"] == "/dbt"
    assert options["--target-path"] == options["--log-path"] == "/target"


def test_rebuild_replaces_the_selector(settings: Callable[..., BuildSettings]) -> None:
    given = arguments(settings(), "minute", Path("/target"), "gold_kpi")
    assert "--full-refresh" in given
    assert "--selector" not in given
    options = dict(pairwise(given))
    assert options["--select"] == "gold_kpi+"
    assert options["--exclude"] == "test_type:unit"


def row(
    kind: str, name: str, status: RunStatus | TestStatus, message: str | None = None
) -> RunResult:
    node: Any = SimpleNamespace(resource_type=kind, name=name)
    return RunResult(status, [], "main", 0.1, {}, message, None, node)


def outcome(*rows: RunResult, success: bool) -> dbtRunnerResult:
    result = RunExecutionResult(results=list(rows), elapsed_time=1.0)
    return dbtRunnerResult(success=success, result=result)


def test_successful_run_has_no_failures() -> None:
    good = outcome(
        row("model", "gold_kpi", RunStatus.Success, "SUCCESS 1"),
        row("test", "bronze_rows", TestStatus.Warn, "Got 2 results"),
        success=True,
    )
    assert failures(good) == []


def test_names_failed_models_and_tests_with_their_message() -> None:
    bad = outcome(
        row("model", "silver", RunStatus.Success),
        row(
            "model",
            "gold_kpi",
            RunStatus.Error,
            "Database Error in model gold_kpi (models/gold/gold_kpi.sql)\n"
            "  001003 (42000): SQL compilation error:\n\n  syntax error line 3\n  compiled code at",
        ),
        row("test", "unique_kpi", TestStatus.Fail, "Got 3 results, configured to fail if != 0"),
        row("test", "broken", TestStatus.Error, None),
        row("model", "gold_treemap", RunStatus.Skipped, "Skipping due to gold_kpi"),
        success=False,
    )
    assert failures(bad) == [
        "model gold_kpi: Database Error in model gold_kpi (models/gold/gold_kpi.sql) "
        "001003 (42000): SQL compilation error: syntax error line 3",
        "test unique_kpi: Got 3 results, configured to fail if != 0",
        "test broken: error",
    ]


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        (RuntimeError("Compilation Error\n  no such model"), "Compilation Error no such model"),
        (KeyboardInterrupt(), "stopped by a signal"),
        (None, "dbt gave no reason; see its log"),
    ],
)
def test_reports_why_dbt_did_not_run(exception: BaseException | None, message: str) -> None:
    assert failures(dbtRunnerResult(success=False, exception=exception)) == [message]


def test_truncates_a_long_message() -> None:
    (line,) = failures(outcome(row("model", "m", RunStatus.Error, "x" * 9999), success=False))
    assert len(line) < 500
