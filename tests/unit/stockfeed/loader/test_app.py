from pathlib import Path

import pytest

from stockfeed.errors import ConfigurationError, DataError, PartialLoadError, TransientError
from stockfeed.loader import app
from stockfeed.loader.report import Report
from stockfeed.loader.run import StoppedError
from stockfeed.loader.service import Service

ENVIRONMENT: dict[str, str] = {
    "STOCKFEED_FEED": "us",
    "STOCKFEED_S3_BUCKET": "source-transaction",
    "STOCKFEED_S3_ENDPOINT": "http://127.0.0.1:1",
    "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
    "SNOWFLAKE_ACCOUNT": "a",
    "SNOWFLAKE_USER": "u",
    "SNOWFLAKE_PRIVATE_KEY": "k",
}


@pytest.fixture(autouse=True)
def _keep_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """`main` would configure logging for the whole test process."""
    monkeypatch.setattr("stockfeed.logs.configure", lambda *_: None)


def loading(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> None:
    def load(_: Service, report: Report) -> None:
        report.files, report.rows, report.seconds = 2, 20, 1.0
        if error is not None:
            raise error

    monkeypatch.setattr(Service, "load", load)


def test_once_prints_a_summary(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loading(monkeypatch, None)

    assert app.main(ENVIRONMENT, once=True, skip=None, reason=None) == 0
    assert capsys.readouterr().out.startswith("loaded 20 rows from 2 files")


@pytest.mark.parametrize(
    ("error", "raised"), [(DataError("k1 is broken"), DataError), (StoppedError(), TransientError)]
)
def test_once_prints_the_summary_before_it_fails(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    raised: type[Exception],
) -> None:
    loading(monkeypatch, error)
    with pytest.raises(raised):
        app.main(ENVIRONMENT, once=True, skip=None, reason=None)

    assert capsys.readouterr().out.startswith("loaded 20 rows from 2 files")


def test_build_fails_in_place_of_a_partial_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loading(monkeypatch, PartialLoadError("k1 is broken"))
    environment = ENVIRONMENT | {"STOCKFEED_OUTPUTS_DIR": str(tmp_path)}

    assert app.main(environment, True, None, None, build_follows=True) == 0
    assert (tmp_path / "load-failure").read_text() == "k1 is broken"
    with pytest.raises(ConfigurationError, match="STOCKFEED_OUTPUTS_DIR: not set"):
        app.main(ENVIRONMENT, True, None, None, build_follows=True)


def test_load_that_ended_early_fails_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loading(monkeypatch, TransientError("Snowflake did not answer"))
    environment = ENVIRONMENT | {"STOCKFEED_OUTPUTS_DIR": str(tmp_path)}

    with pytest.raises(TransientError):
        app.main(environment, once=True, skip=None, reason=None, build_follows=True)
    assert not (tmp_path / "load-failure").exists()


def test_reports_all_missing_settings_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        app.main({}, once=True, skip=None, reason=None)

    names = ("FEED", "S3_BUCKET", "WAREHOUSE_DATABASE", "SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER")
    assert all(name in str(caught.value) for name in names)


def test_names_the_key_of_an_empty_mounted_secret(tmp_path: Path) -> None:
    environment = {
        name: value for name, value in ENVIRONMENT.items() if not name.startswith("SNOWFLAKE")
    } | {"STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR": str(tmp_path)}
    with pytest.raises(ConfigurationError, match="privateKey"):
        app.main(environment, once=True, skip=None, reason=None)
