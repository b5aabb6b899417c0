import pytest

from stockfeed.errors import ConfigurationError
from stockfeed.settings import (
    BuildSettings,
    ConsumerSettings,
    Layout,
    LoaderSettings,
    ProducerSettings,
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


def problems(role, environment):
    """What is said of an environment, by variable."""
    with pytest.raises(ConfigurationError) as caught:
        role.from_env(environment)
    _, *lines = str(caught.value).splitlines()
    return dict(line.strip().split(": ", 1) for line in lines)


@pytest.mark.parametrize(("role", "environment"), ROLES)
def test_the_least_environment_is_enough(role, environment):
    assert role.from_env(environment).feed == "us"


@pytest.mark.parametrize(("role", "environment"), ROLES)
def test_without_any_setting_all_that_are_missing_are_named_at_once(role, environment):
    if role is BuildSettings:
        environment = {n: v for n, v in environment.items() if n != "STOCKFEED_S3_BUCKET"}
    said = problems(role, {})
    named = {name for names in said for name in names.split(" or ")}
    assert named >= set(environment)
    assert set(said.values()) == {"not set"}


@pytest.mark.parametrize(("role", "environment"), ROLES)
def test_an_empty_variable_counts_as_unset(role, environment):
    assert "STOCKFEED_FEED" in problems(role, {**environment, "STOCKFEED_FEED": ""})


@pytest.mark.parametrize(("role", "environment"), ROLES)
def test_settings_are_frozen_and_hide_secrets(role, environment):
    settings = role.from_env({**environment, "SNOWFLAKE_PASSWORD": "sesame"})
    assert "sesame" not in repr(settings)
    with pytest.raises(ValueError, match="frozen"):
        settings.feed = "other"


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
def test_a_wrong_value_is_told_by_its_variable(variable, value):
    assert variable in problems(ProducerSettings, {**PRODUCER, variable: value})


def test_wrong_and_missing_are_told_together():
    environment = {**PRODUCER, "STOCKFEED_POLL_INTERVAL": "6"}
    del environment["STOCKFEED_KAFKA_TOPIC"], environment["STOCKFEED_SOURCE_API_KEY"]
    assert set(problems(ProducerSettings, environment)) == {
        "STOCKFEED_POLL_INTERVAL",
        "STOCKFEED_KAFKA_TOPIC",
        "STOCKFEED_SOURCE_API_KEY or STOCKFEED_SOURCE_API_KEY_FILE",
    }


def test_a_bad_value_is_not_repeated_for_secrets():
    with pytest.raises(ConfigurationError) as caught:
        LoaderSettings.from_env({**LOADER, "STOCKFEED_WAREHOUSE_DATABASE": "a b"})
    assert "sesame" not in str(caught.value)


def test_defaults_and_texts_of_the_producer():
    settings = ProducerSettings.from_env(PRODUCER | {"STOCKFEED_HEARTBEAT_INTERVAL": "off"})
    assert settings.symbols == ("TSLA", "F")
    assert settings.poll_interval == 6.0
    assert settings.heartbeat_interval is None
    assert settings.requests_per_minute == 60.0
    assert ProducerSettings.from_env(PRODUCER).heartbeat_interval == 300.0


def test_defaults_and_texts_of_the_consumer():
    settings = ConsumerSettings.from_env(
        CONSUMER | {"STOCKFEED_LAYOUT": "PerEvent", "STOCKFEED_ROTATE_BYTES": "1Mi"}
    )
    assert settings.layout is Layout.PER_EVENT
    assert settings.rotate_bytes == 2**20
    assert settings.rotate_interval == 15.0
    assert settings.s3_retention is None
    assert ConsumerSettings.from_env(CONSUMER | {"STOCKFEED_S3_RETENTION": "8d"}).s3_retention == 8


class TestApiKey:
    def test_a_file_is_enough_and_wins(self, tmp_path):
        file = tmp_path / "token"
        file.write_text("from the file")
        given = PRODUCER | {"STOCKFEED_SOURCE_API_KEY_FILE": str(file)}
        assert ProducerSettings.from_env(given).api_key.get() == "from the file"

    def test_a_missing_file_names_secret_and_key(self, tmp_path):
        given = PRODUCER | {"STOCKFEED_SOURCE_API_KEY_FILE": str(tmp_path / "token")}
        del given["STOCKFEED_SOURCE_API_KEY"]
        with pytest.raises(ConfigurationError, match="'token'") as caught:
            ProducerSettings.from_env(given)
        assert str(tmp_path) in str(caught.value)


class TestSasl:
    def test_user_and_password_are_named_with_all_else_that_is_missing(self):
        said = problems(ProducerSettings, {"STOCKFEED_KAFKA_SASL_MECHANISM": "PLAIN"})
        assert "STOCKFEED_KAFKA_USERNAME or STOCKFEED_KAFKA_CREDENTIALS_DIR" in said
        assert "STOCKFEED_KAFKA_PASSWORD or STOCKFEED_KAFKA_CREDENTIALS_DIR" in said

    def test_a_missing_file_is_named(self, tmp_path):
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
    def test_without_a_directory_the_sdk_finds_credentials(self):
        settings = ConsumerSettings.from_env(CONSUMER)
        assert settings.s3_access_key is None
        assert settings.s3_secret_key is None

    def test_a_directory_must_hold_both(self, tmp_path):
        given = CONSUMER | {"STOCKFEED_S3_CREDENTIALS_DIR": str(tmp_path)}
        with pytest.raises(ConfigurationError) as caught:
            ConsumerSettings.from_env(given)
        assert "accessKeyId" in str(caught.value)
        assert "secretAccessKey" in str(caught.value)


class TestSnowflake:
    def test_a_password_is_for_the_emulator_only(self):
        given = LOADER | {"SNOWFLAKE_PASSWORD": "sesame"}
        del given["SNOWFLAKE_PRIVATE_KEY"]
        with pytest.raises(ConfigurationError, match="SNOWFLAKE_PRIVATE_KEY"):
            LoaderSettings.from_env(given)
        emulator = LoaderSettings.from_env(given | {"SNOWFLAKE_HOST": "127.0.0.1"})
        assert emulator.snowflake["SNOWFLAKE_PASSWORD"].get() == "sesame"

    def test_a_mounted_secret_gives_all_parts(self, tmp_path):
        for key, value in (("account", "acme"), ("user", "me"), ("privateKey", "pem")):
            (tmp_path / key).write_text(value)
        given = {name: value for name, value in BUILD.items() if "SNOWFLAKE" not in name}
        given["STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR"] = str(tmp_path)
        parts = BuildSettings.from_env(given).snowflake
        assert parts["SNOWFLAKE_ACCOUNT"].get() == "acme"
        assert parts["SNOWFLAKE_PRIVATE_KEY"].get() == "pem"
        assert parts["SNOWFLAKE_ROLE"].find() is None

    def test_keys_missing_from_the_mounted_secret_are_all_named(self, tmp_path):
        given = {name: value for name, value in LOADER.items() if "SNOWFLAKE" not in name}
        given["STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR"] = str(tmp_path)
        with pytest.raises(ConfigurationError) as caught:
            LoaderSettings.from_env(given)
        for key in ("'account'", "'user'", "'privateKey'"):
            assert key in str(caught.value)

    def test_names_that_would_break_out_of_sql_are_refused(self):
        wrong = {"STOCKFEED_WAREHOUSE_DATABASE": 'A"; DROP', "STOCKFEED_WAREHOUSE_SCHEMA": "a.b"}
        assert set(problems(LoaderSettings, LOADER | wrong)) == set(wrong)
