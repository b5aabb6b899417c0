import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stockfeed import logs
from stockfeed.errors import ConfigurationError, DataError, TransientError
from stockfeed.settings import BuildSettings
from stockfeed.transform import app


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "STOCKFEED_FEED": "us",
        "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
        "STOCKFEED_DBT_PROJECT_DIR": str(tmp_path / "dbt"),
        "STOCKFEED_OUTPUTS_DIR": str(tmp_path),
        "SNOWFLAKE_ACCOUNT": "acme",
        "SNOWFLAKE_USER": "me",
        "SNOWFLAKE_PRIVATE_KEY": "pem",
    }


@pytest.fixture
def dbt(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A fake dbt, which records its calls and returns the configured failures."""
    fake = SimpleNamespace(calls=[], failures=[], behind=False, rebuilt=[])

    def build(
        settings: BuildSettings, selector: str, target: Path | None, rebuild: str | None
    ) -> list[str]:
        fake.calls.append((selector, target and str(target), os.environ["EXPORTED"]))
        fake.rebuilt.append(rebuild)
        failures: list[str] = fake.failures
        return failures

    modules = {
        "stockfeed.transform.invocation": SimpleNamespace(
            build=build, exported=lambda settings: {"EXPORTED": "yes"}
        ),
        "stockfeed.transform.backlog": SimpleNamespace(
            is_behind=lambda settings: fake.behind,
            newest_batches=lambda settings: {"SOURCE_STOCK_QUOTES": 41},
        ),
    }
    monkeypatch.setattr(app, "import_module", modules.__getitem__)
    monkeypatch.setenv("EXPORTED", "no")
    monkeypatch.setenv("STOCKFEED_NEWEST_BATCHES", "{}")
    handler = signal.getsignal(signal.SIGTERM)
    yield fake
    signal.signal(signal.SIGTERM, handler)


def test_builds_nothing_if_nothing_was_loaded(
    environment: dict[str, str], dbt: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / "rows").write_text("0\n")
    assert app.main(environment) == 0
    assert dbt.calls == []
    assert not (tmp_path / "build-seconds").exists()


def test_builds_pending_rows_of_an_earlier_build(
    environment: dict[str, str], dbt: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / "rows").write_text("0")
    dbt.behind = True
    assert app.main(environment) == 0
    assert [call[0] for call in dbt.calls] == ["minute"]


@pytest.mark.parametrize("rows", ["420", None])
def test_builds_new_rows_and_writes_the_duration(
    environment: dict[str, str], dbt: SimpleNamespace, tmp_path: Path, rows: str | None
) -> None:
    if rows is not None:
        (tmp_path / "rows").write_text(rows)
    assert app.main(environment) == 0
    assert dbt.calls == [("minute", None, "yes")]
    assert float((tmp_path / "build-seconds").read_text()) >= 0


def test_always_builds_without_an_outputs_directory(
    environment: dict[str, str], dbt: SimpleNamespace
) -> None:
    del environment["STOCKFEED_OUTPUTS_DIR"]
    assert app.main(environment | {"DBT_TARGET_PATH": "/kept"}) == 0
    assert dbt.calls == [("minute", "/kept", "yes")]


@pytest.mark.parametrize(
    ("how", "newest"),
    [
        ({}, '{"SOURCE_STOCK_QUOTES": 41}'),
        ({"daily": True}, '{"SOURCE_STOCK_QUOTES": 41}'),
        ({"rebuild": "gold_kpi"}, "{}"),
    ],
)
def test_dbt_gets_the_newest_batches_unless_it_reads_whole_tables(
    environment: dict[str, str], dbt: SimpleNamespace, how: dict[str, Any], newest: str
) -> None:
    assert app.main(environment, **how) == 0
    assert os.environ["STOCKFEED_NEWEST_BATCHES"] == newest


def test_daily_build_runs_without_new_rows(
    environment: dict[str, str], dbt: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / "rows").write_text("0")
    assert app.main(environment, daily=True) == 0
    assert [call[0] for call in dbt.calls] == ["daily"]


def test_rebuild_runs_without_new_rows(
    environment: dict[str, str], dbt: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / "rows").write_text("0")
    assert app.main(environment, rebuild="gold_kpi") == 0
    assert dbt.rebuilt == ["gold_kpi"]


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages written to the termination log."""
    messages: list[str] = []
    monkeypatch.setattr(logs, "write_termination_message", messages.append)
    return messages


LOAD_FAILURE = (
    "1 partitions stopped, the others are loaded:\n"
    "  feed=us/…/7.jsonl.gz: COPY reported LOAD_FAILED"
)


@pytest.mark.parametrize("rows", ["420", "0"])
def test_load_failure_fails_the_run_after_the_rest_is_built(
    environment: dict[str, str],
    dbt: SimpleNamespace,
    reported: list[str],
    tmp_path: Path,
    rows: str,
) -> None:
    (tmp_path / "rows").write_text(rows)
    (tmp_path / "load-failure").write_text(LOAD_FAILURE)
    assert app.main(environment) == 1
    assert reported == [f"the load left objects out: {LOAD_FAILURE}"]
    assert (len(dbt.calls) == 1) is (rows == "420")
    # The operator reads from this file that the loaded rows are in gold.
    assert (tmp_path / "build-seconds").exists() is (rows == "420")


def test_reports_the_load_failure_and_dbts_failures(
    environment: dict[str, str], dbt: SimpleNamespace, reported: list[str], tmp_path: Path
) -> None:
    (tmp_path / "load-failure").write_text(LOAD_FAILURE + "x" * 9999)
    dbt.failures = ["model gold_kpi: Database Error"]
    assert app.main(environment) == 1
    (message,) = reported
    assert LOAD_FAILURE in message
    assert message.endswith("dbt build failed:\n  model gold_kpi: Database Error")
    assert len(message) < 4096
    assert not (tmp_path / "build-seconds").exists()


def test_error_does_not_hide_the_load_failure(
    environment: dict[str, str],
    dbt: SimpleNamespace,
    reported: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(settings: BuildSettings) -> None:
        raise TransientError("Snowflake did not answer")

    (tmp_path / "rows").write_text("0")
    (tmp_path / "load-failure").write_text(LOAD_FAILURE)
    monkeypatch.setattr(app, "_is_behind", unreachable)
    assert app.main(environment) == 1
    (message,) = reported
    assert LOAD_FAILURE in message
    assert "TransientError: Snowflake did not answer" in message


def test_writes_failures_to_termination_log_and_stderr(
    environment: dict[str, str],
    dbt: SimpleNamespace,
    reported: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    dbt.failures = ["model gold_kpi: Database Error", "test unique_x: Got 3 results"]
    assert app.main(environment) == 1
    (message,) = reported
    assert message in capfd.readouterr().err
    for failure in dbt.failures:
        assert failure in message


def test_invalid_number_of_rows_names_the_file(
    environment: dict[str, str], dbt: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / "rows").write_text("many")
    with pytest.raises(DataError, match="rows holds 'many'"):
        app.main(environment)


def test_reports_missing_settings_first(dbt: SimpleNamespace) -> None:
    with pytest.raises(ConfigurationError, match="STOCKFEED_DBT_PROJECT_DIR"):
        app.main({})
    assert dbt.calls == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose only model refers to a missing one."""
    project = tmp_path / "dbt"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: broken\nprofile: broken\n")
    (project / "profiles.yml").write_text(
        """
        broken:
          target: it
          outputs:
            it:
              type: snowflake
              account: "{{ env_var('SNOWFLAKE_ACCOUNT') }}"
              user: "{{ env_var('SNOWFLAKE_USER') }}"
              private_key: "{{ env_var('SNOWFLAKE_PRIVATE_KEY') }}"
              database: "{{ env_var('STOCKFEED_WAREHOUSE_DATABASE') }}"
              schema: "{{ env_var('STOCKFEED_DBT_SCHEMA') }}"
        """
    )
    (project / "models" / "gold_kpi.sql").write_text("select * from {{ ref('silver') }}")
    (project / "selectors.yml").write_text(
        "selectors: [{name: minute, definition: {method: fqn, value: '*'}}]"
    )
    return project


def test_passes_on_the_error_of_the_real_dbt(environment: dict[str, str], project: Path) -> None:
    command = [sys.executable, "-c", "from stockfeed.cli import main; main()", "build"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 1, done.stderr
    *_, first, reason = done.stderr.splitlines()
    assert first == "dbt build failed:"
    assert "gold_kpi" in reason
    assert "silver" in reason
    assert not (project / "target").exists()
    assert not (project / "logs").exists()
