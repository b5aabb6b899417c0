from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stockfeed import __version__, cli, logs
from stockfeed.errors import DataError


@pytest.fixture
def invoke() -> Callable[..., Result]:
    def run(*arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(cli.main, arguments, env=environment)

    return run


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., object]], None]:
    """Replaces a role's `main`."""

    def replace(main: Callable[..., object]) -> None:
        module = type("Module", (), {"main": staticmethod(main)})
        monkeypatch.setattr(cli, "import_module", lambda name: module)

    return replace


def recorder(calls: list[Any], status: int = 0) -> Callable[..., int]:
    """Returns a `main` that records its arguments after the environment, and returns a status."""

    def main(_: object, *options: object) -> int:
        calls.append(options)
        return status

    return main


def test_help_lists_the_roles(invoke: Callable[..., Result]) -> None:
    for name in ("producer", "consumer", "loader", "build"):
        assert name in invoke("--help").output


def test_version_is_that_of_the_distribution(invoke: Callable[..., Result]) -> None:
    assert __version__ in invoke("--version").output


@pytest.mark.parametrize("status", [0, 1])
@pytest.mark.parametrize("name", ["producer", "consumer", "loader", "build"])
def test_exit_code_is_the_status_of_the_role(
    invoke: Callable[..., Result],
    role: Callable[[Callable[..., object]], None],
    name: str,
    status: int,
) -> None:
    role(lambda *_: status)
    assert invoke(name).exit_code == status


def test_prints_stockfeed_errors_without_a_traceback(
    invoke: Callable[..., Result],
    role: Callable[[Callable[..., object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported: list[str] = []
    monkeypatch.setattr(logs, "write_termination_message", reported.append)

    def main(*_: object) -> int:
        raise DataError("object a/b overlaps; check it")

    role(main)
    result = invoke("loader", "--once")
    assert result.exit_code == 1
    assert "DataError: object a/b overlaps; check it" in result.stderr
    assert "Traceback" not in result.output
    assert reported == ["DataError: object a/b overlaps; check it"]


def test_unexpected_exceptions_propagate(
    invoke: Callable[..., Result], role: Callable[[Callable[..., object]], None]
) -> None:
    role(lambda *_: 1 / 0)
    assert isinstance(invoke("producer").exception, ZeroDivisionError)


def test_skip_requires_a_reason(
    invoke: Callable[..., Result], role: Callable[[Callable[..., object]], None]
) -> None:
    calls: list[Any] = []
    role(recorder(calls))
    assert invoke("loader", "--skip", "a/b").exit_code == 2
    assert invoke("loader", "--reason", "broken").exit_code == 2
    assert invoke("loader", "--skip", "a/b", "--reason", "broken").exit_code == 0
    assert calls == [(False, "a/b", "broken", False, False, ())]


def test_line_requires_skip(
    invoke: Callable[..., Result], role: Callable[[Callable[..., object]], None]
) -> None:
    calls: list[Any] = []
    role(recorder(calls))
    skip = ("loader", "--skip", "a/b", "--reason", "broken")
    assert invoke("loader", "--once", "--line", "3").exit_code == 2
    assert invoke(*skip, "--line", "0").exit_code == 2
    assert invoke(*skip, "--line", "3", "--line", "17").exit_code == 0
    assert calls == [(False, "a/b", "broken", False, False, (3, 17))]


def test_build_follows_requires_once(
    invoke: Callable[..., Result], role: Callable[[Callable[..., object]], None]
) -> None:
    calls: list[Any] = []
    role(recorder(calls))
    assert invoke("loader", "--build-follows").exit_code == 2
    assert invoke("loader", "--once", "--build-follows").exit_code == 0
    assert calls == [(True, None, None, True, False, ())]


def test_from_first_object_requires_once(
    invoke: Callable[..., Result], role: Callable[[Callable[..., object]], None]
) -> None:
    calls: list[Any] = []
    role(recorder(calls))
    assert invoke("loader", "--from-first-object").exit_code == 2
    assert invoke("loader", "--once", "--from-first-object").exit_code == 0
    assert calls == [(True, None, None, False, True, ())]


def test_empty_options_count_as_not_given(
    invoke: Callable[..., Result],
    role: Callable[[Callable[..., object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[Any] = []
    module = SimpleNamespace(main=recorder(calls), Options=lambda *options: options)
    monkeypatch.setattr(cli, "import_module", lambda name: module)
    assert invoke("verify", "--from=2h", "--to=", "--patience=1m").exit_code == 0
    assert invoke("trace", "--at=", "F").exit_code == 0
    assert calls == [(("2h", None, "1m", True, False),), ("F", None, False)]


def test_build_passes_daily_or_rebuild_but_not_both(
    invoke: Callable[..., Result], role: Callable[[Callable[..., object]], None]
) -> None:
    calls: list[Any] = []
    role(recorder(calls))
    invoke("build")
    invoke("build", "--daily")
    invoke("build", "--rebuild", "gold_kpi")
    assert calls == [(False, None), (True, None), (False, "gold_kpi")]
    assert invoke("build", "--daily", "--rebuild", "gold_kpi").exit_code == 2


def test_replay_passes_its_options(
    invoke: Callable[..., Result], role: Callable[[Callable[..., object]], None]
) -> None:
    calls: list[Any] = []
    role(recorder(calls))
    assert invoke("replay", "--from-offset", "5", "--group", "", "--into", "MINE").exit_code == 0
    ((options,),) = calls
    given = {name: value for name, value in options.items() if value is not None}
    assert given == {"from_offset": "5", "group": "", "into": "MINE"}
    assert set(options) - set(given) == {
        *("to_offset", "from_time", "to_time"),
        *("topic_id", "partition"),
    }


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("producer", ["STOCKFEED_FEED", "STOCKFEED_SYMBOLS", "STOCKFEED_SOURCE_API_KEY"]),
        ("consumer", ["STOCKFEED_FEED", "STOCKFEED_KAFKA_TOPIC", "STOCKFEED_S3_BUCKET"]),
        ("loader", ["STOCKFEED_FEED", "STOCKFEED_WAREHOUSE_DATABASE", "SNOWFLAKE_ACCOUNT"]),
        ("build", ["STOCKFEED_FEED", "STOCKFEED_DBT_PROJECT_DIR", "SNOWFLAKE_USER"]),
    ],
)
def test_role_without_configuration_lists_the_missing_variables(
    invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, name: str, variables: list[str]
) -> None:
    monkeypatch.setattr("os.environ", {})
    result = invoke(name)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    for variable in variables:
        assert variable in result.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("trace", "F"), ("F", None, False)),
        (("trace", "BRK.B", "--at", "2h", "--json"), ("BRK.B", "2h", True)),
    ],
)
def test_trace_passes_symbol_and_time(
    invoke: Callable[..., Result],
    role: Callable[[Callable[..., object]], None],
    arguments: tuple[str, ...],
    expected: tuple[str, str | None, bool],
) -> None:
    called: list[Any] = []
    role(recorder(called))
    assert invoke(*arguments).exit_code == 0
    assert called == [expected]


def test_verify_passes_the_range(
    invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    module = SimpleNamespace(main=recorder(called, status=1), Options=lambda *options: options)
    monkeypatch.setattr(cli, "import_module", lambda name: module)
    arguments = ("--from", "2026-11-20", "--to", "1h", "--patience", "1m", "--no-models", "--json")
    assert invoke("verify", *arguments).exit_code == 1
    assert invoke("verify").exit_code == 1
    assert called == [
        (("2026-11-20", "1h", "1m", False, True),),
        (("24h", None, "5m", True, False),),
    ]
