"""Settings of each role: parsed once from the environment into a frozen, validated object.

Names are in `stockfeed.contract.env`. Nothing reads the environment at import; `main` passes a
mapping in. All that is missing or wrong is reported at once, by environment name.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from stockfeed.contract import endpoints, env, secretkeys
from stockfeed.errors import ConfigurationError
from stockfeed.secrets import Secret, mounted
from stockfeed.values import Bytes, Days, Name, Seconds, SecondsOrOff, Symbols


class Layout(StrEnum):
    """How quotes are landed: batch objects alone, or one object per quote beside them."""

    BATCHED = "Batched"
    PER_EVENT = "PerEvent"


class Settings(BaseModel):
    """What every role has."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    feed: Name = Field(alias=env.FEED)
    http_port: int = Field(endpoints.HTTP_PORT, alias=env.HTTP_PORT, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", alias=env.LOG_LEVEL)
    log_format: Literal["json", "console"] = Field("json", alias=env.LOG_FORMAT)

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Parses the environment.

        Raises:
            ConfigurationError: names every variable that is missing or wrong, a line each.
        """
        # An empty variable is how templates and shells write an unset one.
        given = {name: value for name, value in environment.items() if value != ""}
        settings = None
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            problems = [_problem(detail) for detail in error.errors()]
            problems += cls.missing_credentials(given)
        else:
            problems = settings.credential_problems()
        if settings is None or problems:
            raise ConfigurationError("settings are missing or wrong:\n  " + "\n  ".join(problems))
        return settings

    @classmethod
    def missing_credentials(cls, given: Mapping[str, str]) -> list[str]:
        """What to say of credentials that nothing in the environment points to."""
        return [
            f"{' or '.join(names)}: not set"
            for names in cls.credential_variables(given)
            if not any(name in given for name in names)
        ]

    @classmethod
    def credential_variables(cls, given: Mapping[str, str]) -> list[tuple[str, ...]]:  # noqa: ARG003
        """Groups of variables; of each group one must be set."""
        return []

    def credentials(self) -> list[Secret]:
        """The credentials without which the role cannot work."""
        return []

    def credential_problems(self) -> list[str]:
        """What to say of required credentials that cannot be found."""
        return [secret.missing() for secret in self.credentials() if secret.find() is None]


def _problem(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0])
    if detail["type"] == "missing":
        return f"{name}: not set"
    return f"{name}: {detail['msg'].removeprefix('Value error, ')}"


class BrokerSettings(Settings):
    """Whoever talks to Kafka."""

    kafka_bootstrap_servers: str = Field(alias=env.KAFKA_BOOTSTRAP_SERVERS)
    kafka_tls: bool = Field(default=False, alias=env.KAFKA_TLS)
    kafka_tls_ca_file: Path | None = Field(None, alias=env.KAFKA_TLS_CA_FILE)
    kafka_tls_certificate_file: Path | None = Field(None, alias=env.KAFKA_TLS_CERTIFICATE_FILE)
    kafka_tls_key_file: Path | None = Field(None, alias=env.KAFKA_TLS_KEY_FILE)
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, alias=env.KAFKA_SASL_MECHANISM
    )
    kafka_credentials_dir: Path | None = Field(None, alias=env.KAFKA_CREDENTIALS_DIR)
    kafka_username_value: str | None = Field(None, alias=env.KAFKA_USERNAME)
    kafka_password_value: SecretStr | None = Field(None, alias=env.KAFKA_PASSWORD)
    kafka_topic_prefix: str | None = Field(None, alias=env.KAFKA_TOPIC_PREFIX)

    @property
    def kafka_client_id(self) -> str:
        """What the broker calls this client in its log and metrics."""
        return f"stockfeed-{self.feed}"

    @property
    def kafka_username(self) -> Secret:
        """The SASL user; used with `kafka_sasl_mechanism` only."""
        return mounted(
            self.kafka_credentials_dir,
            secretkeys.KAFKA_USERNAME,
            env.KAFKA_USERNAME,
            self.kafka_username_value,
        )

    @property
    def kafka_password(self) -> Secret:
        """The SASL password; used with `kafka_sasl_mechanism` only."""
        return mounted(
            self.kafka_credentials_dir,
            secretkeys.KAFKA_PASSWORD,
            env.KAFKA_PASSWORD,
            _reveal(self.kafka_password_value),
        )

    @classmethod
    def credential_variables(cls, given: Mapping[str, str]) -> list[tuple[str, ...]]:
        """SASL user and password where a mechanism is set."""
        names = (env.KAFKA_USERNAME, env.KAFKA_PASSWORD)
        wanted = names if env.KAFKA_SASL_MECHANISM in given else ()
        return [
            *super().credential_variables(given),
            *((name, env.KAFKA_CREDENTIALS_DIR) for name in wanted),
        ]

    def credentials(self) -> list[Secret]:
        """SASL credentials where a mechanism is set."""
        sasl = (
            [] if self.kafka_sasl_mechanism is None else [self.kafka_username, self.kafka_password]
        )
        return [*super().credentials(), *sasl]


class KafkaSettings(BrokerSettings):
    """A role that works on one group's topic."""

    group: Name = Field(alias=env.GROUP)
    kafka_topic: str = Field(alias=env.KAFKA_TOPIC)

    @property
    def kafka_client_id(self) -> str:
        """What the broker calls this client in its log and metrics."""
        return f"stockfeed-{self.feed}-{self.group}"


class ProducerSettings(KafkaSettings):
    """`stockfeed producer`."""

    provider: Literal["finnhub"] = Field("finnhub", alias=env.PROVIDER)
    base_url: str = Field(
        "https://finnhub.io/api/v1", alias=env.SOURCE_BASE_URL, pattern="^https?://"
    )
    timeout: Seconds = Field(10.0, alias=env.SOURCE_TIMEOUT)
    symbols: Symbols = Field(alias=env.SYMBOLS)
    poll_interval: Seconds = Field(6.0, alias=env.POLL_INTERVAL)
    heartbeat_interval: SecondsOrOff = Field(300.0, alias=env.HEARTBEAT_INTERVAL)
    requests_per_minute: float = Field(
        60.0, alias=env.REQUESTS_PER_MINUTE, gt=0, allow_inf_nan=False
    )
    requests_per_minute_file: Path | None = Field(None, alias=env.REQUESTS_PER_MINUTE_FILE)
    api_key_value: SecretStr | None = Field(None, alias=env.SOURCE_API_KEY)
    api_key_file: Path | None = Field(None, alias=env.SOURCE_API_KEY_FILE)

    @property
    def api_key(self) -> Secret:
        """The quote API's key."""
        return Secret(env.SOURCE_API_KEY, self.api_key_file, _reveal(self.api_key_value))

    @classmethod
    def credential_variables(cls, given: Mapping[str, str]) -> list[tuple[str, ...]]:
        """The API key by value or by file, and what Kafka needs."""
        key = (env.SOURCE_API_KEY, env.SOURCE_API_KEY_FILE)
        return [*super().credential_variables(given), key]

    def credentials(self) -> list[Secret]:
        """The API key and what Kafka needs."""
        return [*super().credentials(), self.api_key]


class ObjectStoreSettings(Settings):
    """A role that talks to S3 or MinIO."""

    s3_endpoint: str | None = Field(None, alias=env.S3_ENDPOINT, pattern="^https?://")
    s3_region: str | None = Field(None, alias=env.S3_REGION)
    s3_bucket: str = Field(alias=env.S3_BUCKET, min_length=3)
    s3_credentials_dir: Path | None = Field(None, alias=env.S3_CREDENTIALS_DIR)

    @property
    def s3_access_key(self) -> Secret | None:
        """The access key's id, or None: then the AWS SDK's own chain finds credentials."""
        return self._s3_secret(secretkeys.S3_ACCESS_KEY_ID, env.AWS_ACCESS_KEY_ID)

    @property
    def s3_secret_key(self) -> Secret | None:
        """The access key's secret, likewise."""
        return self._s3_secret(secretkeys.S3_SECRET_ACCESS_KEY, env.AWS_SECRET_ACCESS_KEY)

    def _s3_secret(self, key: str, variable: str) -> Secret | None:
        directory = self.s3_credentials_dir
        return None if directory is None else mounted(directory, key, variable, None)

    def credentials(self) -> list[Secret]:
        """The mounted keys, where a directory is set."""
        keys = (self.s3_access_key, self.s3_secret_key)
        return [*super().credentials(), *(key for key in keys if key is not None)]


class ConsumerSettings(KafkaSettings, ObjectStoreSettings):
    """`stockfeed consumer`."""

    kafka_consumer_group: str = Field(alias=env.KAFKA_CONSUMER_GROUP)
    layout: Layout = Field(Layout.BATCHED, alias=env.LAYOUT)
    rotate_records: int = Field(10_000, alias=env.ROTATE_RECORDS, gt=0)
    rotate_bytes: Bytes = Field(16 * 1024**2, alias=env.ROTATE_BYTES)
    rotate_interval: Seconds = Field(15.0, alias=env.ROTATE_INTERVAL)
    s3_retention: Days | None = Field(None, alias=env.S3_RETENTION)


class SnowflakeSettings(Settings):
    """A role that talks to Snowflake."""

    database: str = Field(alias=env.WAREHOUSE_DATABASE, pattern=r"^[A-Za-z_][A-Za-z0-9_$]*$")
    raw_schema: str = Field("RAW", alias=env.WAREHOUSE_SCHEMA, pattern=r"^[A-Za-z_][A-Za-z0-9_$]*$")
    outputs_dir: Path | None = Field(None, alias=env.OUTPUTS_DIR)
    snowflake_credentials_dir: Path | None = Field(None, alias=env.SNOWFLAKE_CREDENTIALS_DIR)
    account_value: str | None = Field(None, alias=env.SNOWFLAKE_ACCOUNT)
    user_value: str | None = Field(None, alias=env.SNOWFLAKE_USER)
    role_value: str | None = Field(None, alias=env.SNOWFLAKE_ROLE)
    warehouse_value: str | None = Field(None, alias=env.SNOWFLAKE_WAREHOUSE)
    private_key_value: SecretStr | None = Field(None, alias=env.SNOWFLAKE_PRIVATE_KEY)
    passphrase_value: SecretStr | None = Field(None, alias=env.SNOWFLAKE_PRIVATE_KEY_PASSPHRASE)
    password_value: SecretStr | None = Field(None, alias=env.SNOWFLAKE_PASSWORD)
    host_value: str | None = Field(None, alias=env.SNOWFLAKE_HOST)
    port_value: str | None = Field(None, alias=env.SNOWFLAKE_PORT)
    protocol_value: str | None = Field(None, alias=env.SNOWFLAKE_PROTOCOL)

    @property
    def snowflake(self) -> dict[str, Secret]:
        """The connection's parts by their environment name, each looked up at use."""
        parts = (
            (secretkeys.SNOWFLAKE_ACCOUNT, env.SNOWFLAKE_ACCOUNT, self.account_value),
            (secretkeys.SNOWFLAKE_USER, env.SNOWFLAKE_USER, self.user_value),
            (secretkeys.SNOWFLAKE_ROLE, env.SNOWFLAKE_ROLE, self.role_value),
            (secretkeys.SNOWFLAKE_WAREHOUSE, env.SNOWFLAKE_WAREHOUSE, self.warehouse_value),
            (
                secretkeys.SNOWFLAKE_PRIVATE_KEY,
                env.SNOWFLAKE_PRIVATE_KEY,
                _reveal(self.private_key_value),
            ),
            (
                secretkeys.SNOWFLAKE_PRIVATE_KEY_PASSPHRASE,
                env.SNOWFLAKE_PRIVATE_KEY_PASSPHRASE,
                _reveal(self.passphrase_value),
            ),
            (secretkeys.SNOWFLAKE_PASSWORD, env.SNOWFLAKE_PASSWORD, _reveal(self.password_value)),
            (secretkeys.SNOWFLAKE_HOST, env.SNOWFLAKE_HOST, self.host_value),
            (secretkeys.SNOWFLAKE_PORT, env.SNOWFLAKE_PORT, self.port_value),
            (secretkeys.SNOWFLAKE_PROTOCOL, env.SNOWFLAKE_PROTOCOL, self.protocol_value),
        )
        directory = self.snowflake_credentials_dir
        return {name: mounted(directory, key, name, value) for key, name, value in parts}

    @classmethod
    def credential_variables(cls, given: Mapping[str, str]) -> list[tuple[str, ...]]:
        """Account, user and private key, unless a directory holds them."""
        if env.SNOWFLAKE_CREDENTIALS_DIR in given:
            return []
        directory = env.SNOWFLAKE_CREDENTIALS_DIR
        # A password is for the emulator, which answers on a host of its own.
        key: tuple[str, ...] = (env.SNOWFLAKE_PRIVATE_KEY,)
        if env.SNOWFLAKE_HOST in given:
            key = (env.SNOWFLAKE_PRIVATE_KEY, env.SNOWFLAKE_PASSWORD)
        return [
            (env.SNOWFLAKE_ACCOUNT, directory),
            (env.SNOWFLAKE_USER, directory),
            (*key, directory),
        ]

    def credentials(self) -> list[Secret]:
        """Account, user and one of private key and password."""
        parts = self.snowflake
        key = parts[env.SNOWFLAKE_PRIVATE_KEY]
        emulator = parts[env.SNOWFLAKE_HOST].find() is not None
        if emulator and key.find() is None and parts[env.SNOWFLAKE_PASSWORD].find() is not None:
            key = parts[env.SNOWFLAKE_PASSWORD]
        required = (parts[env.SNOWFLAKE_ACCOUNT], parts[env.SNOWFLAKE_USER], key)
        return [*super().credentials(), *required]


class LoaderSettings(ObjectStoreSettings, SnowflakeSettings):
    """`stockfeed loader`."""

    load_interval: Seconds = Field(60.0, alias=env.LOAD_INTERVAL)


class BuildSettings(SnowflakeSettings):
    """`stockfeed build`."""

    dbt_project_dir: Path = Field(alias=env.DBT_PROJECT_DIR)
    dbt_parsed_file: Path | None = Field(None, alias=env.DBT_PARSED_FILE)
    dbt_schema: str = Field("ANALYTICS", alias=env.DBT_SCHEMA, pattern=r"^[A-Za-z_][A-Za-z0-9_$]*$")
    exchange_timezone: ZoneInfo = Field(ZoneInfo("America/New_York"), alias=env.EXCHANGE_TIMEZONE)


class InspectionSettings(ObjectStoreSettings, SnowflakeSettings):
    """`stockfeed verify` and `stockfeed trace`; with `BrokerSettings` where Kafka is asked too."""

    dbt_schema: str = Field("ANALYTICS", alias=env.DBT_SCHEMA, pattern=r"^[A-Za-z_][A-Za-z0-9_$]*$")
    exchange_timezone: ZoneInfo = Field(ZoneInfo("America/New_York"), alias=env.EXCHANGE_TIMEZONE)
    s3_retention: Days | None = Field(None, alias=env.S3_RETENTION)


def _reveal(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
