import pytest
from click.testing import CliRunner

from stockfeed import __version__, cli, logs
from stockfeed.errors import DataError


@pytest.fixture
def invoke():
    def run(*arguments, **environment):
        return CliRunner().invoke(cli.main, arguments, env=environment)

    return run


@pytest.fixture
def role(monkeypatch):
    """Replaces a role's `main`."""

    def replace(main):
        module = type("Module", (), {"main": staticmethod(main)})
        monkeypatch.setattr(cli, "import_module", lambda name: module)

    return replace


def test_help_lists_the_roles(invoke):
    for name in ("producer", "consumer", "loader", "build"):
        assert name in invoke("--help").output


def test_version_is_that_of_the_distribution(invoke):
    assert __version__ in invoke("--version").output


@pytest.mark.parametrize("status", [0, 1])
@pytest.mark.parametrize("name", ["producer", "consumer", "loader", "build"])
def test_exit_code_is_the_status_of_the_role(invoke, role, name, status):
    role(lambda *_: status)
    assert invoke(name).exit_code == status


def test_prints_stockfeed_errors_without_a_traceback(invoke, role, monkeypatch):
    reported = []
    monkeypatch.setattr(logs, "write_termination_message", reported.append)

    def main(*_):
        raise DataError("object a/b overlaps; check it")

    role(main)
    result = invoke("loader", "--once")
    assert result.exit_code == 1
    assert "DataError: object a/b overlaps; check it" in result.stderr
    assert "Traceback" not in result.output
    assert reported == ["DataError: object a/b overlaps; check it"]


def test_unexpected_exceptions_propagate(invoke, role):
    role(lambda *_: 1 / 0)
    assert isinstance(invoke("producer").exception, ZeroDivisionError)


def test_skip_requires_a_reason(invoke, role):
    calls = []
    role(lambda environment, *options: calls.append(options) or 0)
    assert invoke("loader", "--skip", "a/b").exit_code == 2
    assert invoke("loader", "--reason", "broken").exit_code == 2
    assert invoke("loader", "--skip", "a/b", "--reason", "broken").exit_code == 0
    assert calls == [(False, "a/b", "broken", False, False, ())]


def test_line_requires_skip(invoke, role):
    calls = []
    role(lambda environment, *options: calls.append(options) or 0)
    skip = ("loader", "--skip", "a/b", "--reason", "broken")
    assert invoke("loader", "--once", "--line", "3").exit_code == 2
    assert invoke(*skip, "--line", "0").exit_code == 2
    assert invoke(*skip, "--line", "3", "--line", "17").exit_code == 0
    assert calls == [(False, "a/b", "broken", False, False, (3, 17))]


def test_build_follows_requires_once(invoke, role):
    calls = []
    role(lambda environment, *options: calls.append(options) or 0)
    assert invoke("loader", "--build-follows").exit_code == 2
    assert invoke("loader", "--once", "--build-follows").exit_code == 0
    assert calls == [(True, None, None, True, False, ())]


def test_from_first_object_requires_once(invoke, role):
    calls = []
    role(lambda environment, *options: calls.append(options) or 0)
    assert invoke("loader", "--from-first-object").exit_code == 2
    assert invoke("loader", "--once", "--from-first-object").exit_code == 0
    assert calls == [(True, None, None, False, True, ())]


def test_empty_options_count_as_not_given(invoke, role, monkeypatch):
    calls = []
    module = type("Module", (), {"main": lambda *given: calls.append(given[1:]) or 0})
    module.Options = lambda *options: options
    monkeypatch.setattr(cli, "import_module", lambda name: module)
    assert invoke("verify", "--from=2h", "--to=", "--patience=1m").exit_code == 0
    assert invoke("trace", "--at=", "F").exit_code == 0
    assert calls == [(("2h", None, "1m", True, False),), ("F", None, False)]


def test_build_passes_daily_or_rebuild_but_not_both(invoke, role):
    calls = []
    role(lambda environment, *options: calls.append(options) or 0)
    invoke("build")
    invoke("build", "--daily")
    invoke("build", "--rebuild", "gold_kpi")
    assert calls == [(False, None), (True, None), (False, "gold_kpi")]
    assert invoke("build", "--daily", "--rebuild", "gold_kpi").exit_code == 2


def test_replay_passes_its_options(invoke, role):
    calls = []
    role(lambda environment, options: calls.append(options) or 0)
    assert invoke("replay", "--from-offset", "5", "--group", "", "--into", "MINE").exit_code == 0
    (options,) = calls
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
    invoke, monkeypatch, name, variables
):
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
def test_trace_passes_symbol_and_time(invoke, role, arguments, expected):
    called = []
    role(lambda *options: called.append(options[1:]) or 0)
    assert invoke(*arguments).exit_code == 0
    assert called == [expected]


def test_verify_passes_the_range(invoke, monkeypatch):
    called = []

    class Module:
        Options = staticmethod(lambda *options: options)
        main = staticmethod(lambda _, options: called.append(options) or 1)

    monkeypatch.setattr(cli, "import_module", lambda name: Module)
    arguments = ("--from", "2026-11-20", "--to", "1h", "--patience", "1m", "--no-models", "--json")
    assert invoke("verify", *arguments).exit_code == 1
    assert invoke("verify").exit_code == 1
    assert called == [
        ("2026-11-20", "1h", "1m", False, True),
        ("24h", None, "5m", True, False),
    ]
