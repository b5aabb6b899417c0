from pathlib import Path

import pytest

from stockfeed.errors import ConfigurationError
from stockfeed.settings import (
    BuildSettings,
    ConsumerSettings,
    Layout,
    LoaderSettings,
    ProducerSettings,
    Settings,
)

KAFKA = {
    "STOCKFEED_FEED": "us",
    "STOCKFEED_GROUP": "autos",
    "STOCKFEED_KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "STOCKFEED_KAFKA_TOPIC": "quotes",
}
PRODUCER = {**KAFKA, "STOCKFEED_SYMBOLS": "TSLA,F", "STOCKFEED_SOURCE_API_KEY": "sesame"}
CONSUMER = {
    **KAFKA,
    "STOCKFEED_KAFKA_CONSUMER_GROUP": "stockfeed.us.autos",
    "STOCKFEED_S3_BUCKET": "raw",
}
LOADER = {
    "STOCKFEED_FEED": "us",
    "STOCKFEED_S3_BUCKET": "raw",
    "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
    "SNOWFLAKE_ACCOUNT": "acme",
    "SNOWFLAKE_USER": "stockfeed",
    "SNOWFLAKE_PRIVATE_KEY": "sesame",
}
BUILD = {**LOADER, "STOCKFEED_DBT_PROJECT_DIR": "/dbt"}
ROLES = [
    (ProducerSettings, PRODUCER),
    (ConsumerSettings, CONSUMER),
    (LoaderSettings, LOADER),
    (BuildSettings, BUILD),
]


def problems(role: type[Settings], environment: dict[str, str]) -> dict[str, str]:
    """Returns the reported problems of an environment, by variable."""
    with pytest.raises(ConfigurationError) as caught:
        role.from_env(environment)
    _, *lines = str(caught.value).splitlines()
    return dict(line.strip().split(": ", 1) for line in lines)


@pytest.mark.parametrize(("role", "environment"), ROLES)
def test_accepts_the_minimal_environment(role: type[Settings], environment: dict[str, str]) -> None:
    assert role.from_env(environment).feed == "us"


@pytest.mark.parametrize(("role", "environment"), ROLES)
def test_lists_all_missing_settings_at_once(
    role: type[Settings], environment: dict[str, str]
) -> None:
    if role is BuildSettings:
        environment = {n: v for n, v in environment.items() if n != "STOCKFEED_S3_BUCKET"}
    missing = problems(role, {})
    named = {name for names in missing for name in names.split(" or ")}
    assert named >= set(environment)
    assert set(missing.values()) == {"not set"}


@pytest.mark.parametrize(("role", "environment"), ROLES)
def test_empty_variable_counts_as_unset(role: type[Settings], environment: dict[str, str]) -> None:
    assert "STOCKFEED_FEED" in problems(role, {**environment, "STOCKFEED_FEED": ""})


@pytest.mark.parametrize(("role", "environment"), ROLES)
def test_settings_are_frozen_and_hide_secrets(
    role: type[Settings], environment: dict[str, str]
) -> None:
    settings = role.from_env({**environment, "SNOWFLAKE_PASSWORD": "sesame"})
    assert "sesame" not in repr(settings)
    with pytest.raises(ValueError, match="frozen"):
        settings.feed = "other"  # type: ignore[misc]  # read-only, which this test asserts


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STOCKFEED_FEED", "Not/A/Name"),
        ("STOCKFEED_HTTP_PORT", "99999"),
        ("STOCKFEED_LOG_LEVEL", "loud"),
        ("STOCKFEED_SYMBOLS", "F,F"),
        ("STOCKFEED_POLL_INTERVAL", "6"),
        ("STOCKFEED_HEARTBEAT_INTERVAL", "0s"),
        ("STOCKFEED_SOURCE_BASE_URL", "finnhub.io"),
        ("STOCKFEED_SOURCE_TIMEOUT", "soon"),
        ("STOCKFEED_REQUESTS_PER_MINUTE", "0"),
        ("STOCKFEED_REQUESTS_PER_MINUTE", "inf"),
        ("STOCKFEED_PROVIDER", "other"),
        ("STOCKFEED_KAFKA_SASL_MECHANISM", "GSSAPI"),
    ],
)
def test_invalid_value_error_names_the_variable(variable: str, value: str) -> None:
    assert variable in problems(ProducerSettings, {**PRODUCER, variable: value})


def test_reports_invalid_and_missing_settings_together() -> None:
    environment = {**PRODUCER, "STOCKFEED_POLL_INTERVAL": "6"}
    del environment["STOCKFEED_KAFKA_TOPIC"], environment["STOCKFEED_SOURCE_API_KEY"]
    assert set(problems(ProducerSettings, environment)) == {
        "STOCKFEED_POLL_INTERVAL",
        "STOCKFEED_KAFKA_TOPIC",
        "STOCKFEED_SOURCE_API_KEY or STOCKFEED_SOURCE_API_KEY_FILE",
    }


def test_error_does_not_repeat_a_secret_value() -> None:
    with pytest.raises(ConfigurationError) as caught:
        LoaderSettings.from_env({**LOADER, "STOCKFEED_WAREHOUSE_DATABASE": "a b"})
    assert "sesame" not in str(caught.value)


def test_producer_defaults_and_parsed_values() -> None:
    settings = ProducerSettings.from_env(PRODUCER | {"STOCKFEED_HEARTBEAT_INTERVAL": "off"})
    assert settings.symbols == ("TSLA", "F")
    assert settings.poll_interval == 6.0
    assert settings.heartbeat_interval is None
    assert settings.requests_per_minute == 60.0
    assert ProducerSettings.from_env(PRODUCER).heartbeat_interval == 300.0


def test_consumer_defaults_and_parsed_values() -> None:
    settings = ConsumerSettings.from_env(
        CONSUMER | {"STOCKFEED_LAYOUT": "PerEvent", "STOCKFEED_ROTATE_BYTES": "1Mi"}
    )
    assert settings.layout is Layout.PER_EVENT
    assert settings.rotate_bytes == 2**20
    assert settings.rotate_interval == 15.0
    assert settings.s3_retention is None
    assert ConsumerSettings.from_env(CONSUMER | {"STOCKFEED_S3_RETENTION": "8d"}).s3_retention == 8


class TestApiKey:
    def test_file_is_sufficient_and_takes_precedence(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text("from the file")
        given = PRODUCER | {"STOCKFEED_SOURCE_API_KEY_FILE": str(file)}
        assert ProducerSettings.from_env(given).api_key.get() == "from the file"

    def test_missing_file_error_names_secret_and_key(self, tmp_path: Path) -> None:
        given = PRODUCER | {"STOCKFEED_SOURCE_API_KEY_FILE": str(tmp_path / "token")}
        del given["STOCKFEED_SOURCE_API_KEY"]
        with pytest.raises(ConfigurationError, match="'token'") as caught:
            ProducerSettings.from_env(given)
        assert str(tmp_path) in str(caught.value)


class TestSasl:
    def test_lists_missing_user_and_password_with_the_other_settings(self) -> None:
        said = problems(ProducerSettings, {"STOCKFEED_KAFKA_SASL_MECHANISM": "PLAIN"})
        assert "STOCKFEED_KAFKA_USERNAME or STOCKFEED_KAFKA_CREDENTIALS_DIR" in said
        assert "STOCKFEED_KAFKA_PASSWORD or STOCKFEED_KAFKA_CREDENTIALS_DIR" in said

    def test_missing_file_error_names_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "username").write_text("me")
        given = PRODUCER | {
            "STOCKFEED_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "STOCKFEED_KAFKA_CREDENTIALS_DIR": str(tmp_path),
        }
        with pytest.raises(ConfigurationError, match="password"):
            ProducerSettings.from_env(given)
        (tmp_path / "password").write_text("sesame")
        assert ProducerSettings.from_env(given).kafka_password.get() == "sesame"


class TestS3Keys:
    def test_leaves_credentials_to_the_sdk_without_a_directory(self) -> None:
        settings = ConsumerSettings.from_env(CONSUMER)
        assert settings.s3_access_key is None
        assert settings.s3_secret_key is None

    def test_directory_must_contain_both_keys(self, tmp_path: Path) -> None:
        given = CONSUMER | {"STOCKFEED_S3_CREDENTIALS_DIR": str(tmp_path)}
        with pytest.raises(ConfigurationError) as caught:
            ConsumerSettings.from_env(given)
        assert "accessKeyId" in str(caught.value)
        assert "secretAccessKey" in str(caught.value)


class TestSnowflake:
    def test_password_is_accepted_only_for_the_emulator(self) -> None:
        given = LOADER | {"SNOWFLAKE_PASSWORD": "sesame"}
        del given["SNOWFLAKE_PRIVATE_KEY"]
        with pytest.raises(ConfigurationError, match="SNOWFLAKE_PRIVATE_KEY"):
            LoaderSettings.from_env(given)
        emulator = LoaderSettings.from_env(given | {"SNOWFLAKE_HOST": "127.0.0.1"})
        assert emulator.snowflake["SNOWFLAKE_PASSWORD"].get() == "sesame"

    def test_reads_all_parameters_from_a_mounted_secret(self, tmp_path: Path) -> None:
        for key, value in (("account", "acme"), ("user", "me"), ("privateKey", "pem")):
            (tmp_path / key).write_text(value)
        given = {name: value for name, value in BUILD.items() if "SNOWFLAKE" not in name}
        given["STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR"] = str(tmp_path)
        parts = BuildSettings.from_env(given).snowflake
        assert parts["SNOWFLAKE_ACCOUNT"].get() == "acme"
        assert parts["SNOWFLAKE_PRIVATE_KEY"].get() == "pem"
        assert parts["SNOWFLAKE_ROLE"].find() is None

    def test_lists_all_keys_missing_from_a_mounted_secret(self, tmp_path: Path) -> None:
        given = {name: value for name, value in LOADER.items() if "SNOWFLAKE" not in name}
        given["STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR"] = str(tmp_path)
        with pytest.raises(ConfigurationError) as caught:
            LoaderSettings.from_env(given)
        for key in ("'account'", "'user'", "'privateKey'"):
            assert key in str(caught.value)

    def test_rejects_names_that_would_allow_sql_injection(self) -> None:
        wrong = {"STOCKFEED_WAREHOUSE_DATABASE": 'A"; DROP', "STOCKFEED_WAREHOUSE_SCHEMA": "a.b"}
        assert set(problems(LoaderSettings, LOADER | wrong)) == set(wrong)
