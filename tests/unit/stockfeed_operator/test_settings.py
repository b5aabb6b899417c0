import pytest

from stockfeed_operator.settings import Settings, SettingsError

ENVIRONMENT = {
    "STOCKFEED_OPERATOR_PIPELINE_IMAGE": "stockfeed/pipeline:1",
    "STOCKFEED_OPERATOR_DBT_IMAGE": "stockfeed/dbt:1",
    "STOCKFEED_OPERATOR_TASK_RESULTS_ROLE": "task-results",
    "STOCKFEED_OPERATOR_LEASE_NAMESPACE": "stockfeed",
    "STOCKFEED_OPERATOR_POD_NAME": "operator-0",
}


def test_optional_settings_have_defaults() -> None:
    settings = Settings.from_env(ENVIRONMENT)
    assert settings.namespaces == ()
    assert settings.max_workers == 4
    assert settings.resync_interval == 300
    assert settings.http_port == 8080


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("NAMESPACES", "a, b,", "namespaces", ("a", "b")),
        ("NAMESPACES", "", "namespaces", ()),
        ("RESYNC_INTERVAL", "1m30s", "resync_interval", 90),
        ("MAX_WORKERS", "9", "max_workers", 9),
        ("LOG_FORMAT", "console", "log_format", "console"),
    ],
)
def test_parses_variables(name: str, text: str, field: str, value: object) -> None:
    settings = Settings.from_env({**ENVIRONMENT, f"STOCKFEED_OPERATOR_{name}": text})
    assert getattr(settings, field) == value


def test_lists_all_missing_and_invalid_variables() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(
            {"STOCKFEED_OPERATOR_MAX_WORKERS": "0", "STOCKFEED_OPERATOR_RESYNC_INTERVAL": "soon"}
        )
    text = str(caught.value)
    assert "STOCKFEED_OPERATOR_PIPELINE_IMAGE: not set" in text
    assert "STOCKFEED_OPERATOR_POD_NAME: not set" in text
    assert "STOCKFEED_OPERATOR_MAX_WORKERS: Input should be greater than or equal to 1" in text
    assert "STOCKFEED_OPERATOR_RESYNC_INTERVAL: Value error, 'soon' is not a duration" in text
