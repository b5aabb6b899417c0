import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from stockfeed import termination
from stockfeed.build import app
from stockfeed.errors import ConfigurationError, DataError


@pytest.fixture
def environment(tmp_path):
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
def dbt(monkeypatch):
    """Stands in for dbt; keeps its calls and gives back the failures it is told."""
    fake = SimpleNamespace(calls=[], failures=[], behind=False)

    def build(settings, selector, target):
        fake.calls.append((selector, target and str(target), os.environ["EXPORTED"]))
        return fake.failures

    modules = {
        "stockfeed.build.invocation": SimpleNamespace(
            build=build, exported=lambda settings: {"EXPORTED": "yes"}
        ),
        "stockfeed.build.backlog": SimpleNamespace(is_behind=lambda settings: fake.behind),
    }
    monkeypatch.setattr(app, "import_module", modules.__getitem__)
    monkeypatch.setenv("EXPORTED", "no")
    handler = signal.getsignal(signal.SIGTERM)
    yield fake
    signal.signal(signal.SIGTERM, handler)


def test_nothing_loaded_builds_nothing(environment, dbt, tmp_path):
    (tmp_path / "rows").write_text("0\n")
    assert app.main(environment) == 0
    assert dbt.calls == []
    assert not (tmp_path / "build-seconds").exists()


def test_what_an_earlier_build_left_behind_is_built_without_new_rows(environment, dbt, tmp_path):
    (tmp_path / "rows").write_text("0")
    dbt.behind = True
    assert app.main(environment) == 0
    assert [call[0] for call in dbt.calls] == ["minute"]


@pytest.mark.parametrize("rows", ["420", None])
def test_what_was_loaded_is_built_and_timed(environment, dbt, tmp_path, rows):
    if rows is not None:
        (tmp_path / "rows").write_text(rows)
    assert app.main(environment) == 0
    assert dbt.calls == [("minute", None, "yes")]
    assert float((tmp_path / "build-seconds").read_text()) >= 0


def test_without_outputs_it_always_builds(environment, dbt):
    del environment["STOCKFEED_OUTPUTS_DIR"]
    assert app.main(environment | {"DBT_TARGET_PATH": "/kept"}) == 0
    assert dbt.calls == [("minute", "/kept", "yes")]


def test_a_daily_build_does_not_ask_what_was_loaded(environment, dbt, tmp_path):
    (tmp_path / "rows").write_text("0")
    assert app.main(environment, daily=True) == 0
    assert [call[0] for call in dbt.calls] == ["daily"]


def test_failures_go_to_termination_log_and_stderr(environment, dbt, monkeypatch, capfd):
    reported = []
    monkeypatch.setattr(termination, "report", reported.append)
    dbt.failures = ["model gold_kpi: Database Error", "test unique_x: Got 3 results"]
    assert app.main(environment) == 1
    (message,) = reported
    assert message in capfd.readouterr().err
    for failure in dbt.failures:
        assert failure in message


def test_rows_that_are_no_number_name_the_file(environment, dbt, tmp_path):
    (tmp_path / "rows").write_text("many")
    with pytest.raises(DataError, match="rows holds 'many'"):
        app.main(environment)


def test_missing_settings_are_told_before_anything_else(dbt):
    with pytest.raises(ConfigurationError, match="STOCKFEED_DBT_PROJECT_DIR"):
        app.main({})
    assert dbt.calls == []


@pytest.fixture
def project(tmp_path):
    """A project whose only model refers to one that is not there."""
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


def test_the_real_dbt_is_run_and_its_complaint_passed_on(environment, project):
    command = [sys.executable, "-c", "from stockfeed.cli import main; main()", "build"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 1, done.stderr
    *_, first, reason = done.stderr.splitlines()
    assert first == "dbt build failed:"
    assert "gold_kpi" in reason
    assert "silver" in reason
    assert not (project / "target").exists()
    assert not (project / "logs").exists()
