"""Connection settings of each service: Kafka, the object store, and Snowflake."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from stockfeed.contract import env, secret_keys
from stockfeed.secrets import Secret, mounted_secret
from stockfeed.settings.base import Settings, reveal
from stockfeed.settings.values import Name


class BrokerSettings(Settings):
    """Kafka connection settings."""

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
    kafka_topic_managed: bool = Field(default=False, alias=env.KAFKA_TOPIC_MANAGED)
    """Whether the operator creates the topics, so that all their messages are the feed's."""

    @property
    def kafka_client_id(self) -> str:
        """The client id, which the broker uses in its logs and metrics."""
        return f"stockfeed-{self.feed}"

    @property
    def kafka_username(self) -> Secret:
        """The SASL user name; used only if `kafka_sasl_mechanism` is set."""
        return mounted_secret(
            self.kafka_credentials_dir,
            secret_keys.KAFKA_USERNAME,
            env.KAFKA_USERNAME,
            self.kafka_username_value,
        )

    @property
    def kafka_password(self) -> Secret:
        """The SASL password; used only if `kafka_sasl_mechanism` is set."""
        return mounted_secret(
            self.kafka_credentials_dir,
            secret_keys.KAFKA_PASSWORD,
            env.KAFKA_PASSWORD,
            reveal(self.kafka_password_value),
        )

    @classmethod
    def credential_variables(cls, given: Mapping[str, str]) -> list[tuple[str, ...]]:
        """Returns the SASL variables if a mechanism is set."""
        names = (env.KAFKA_USERNAME, env.KAFKA_PASSWORD)
        wanted = names if env.KAFKA_SASL_MECHANISM in given else ()
        return [
            *super().credential_variables(given),
            *((name, env.KAFKA_CREDENTIALS_DIR) for name in wanted),
        ]

    def credentials(self) -> list[Secret]:
        """Returns the SASL credentials if a mechanism is set."""
        sasl = (
            [] if self.kafka_sasl_mechanism is None else [self.kafka_username, self.kafka_password]
        )
        return [*super().credentials(), *sasl]


class KafkaSettings(BrokerSettings):
    """Kafka settings of a role that works on one symbol group's topic."""

    group: Name = Field(alias=env.GROUP)
    kafka_topic: str = Field(alias=env.KAFKA_TOPIC)

    @property
    def kafka_client_id(self) -> str:
        """The client id, which the broker uses in its logs and metrics."""
        return f"stockfeed-{self.feed}-{self.group}"


class ObjectStoreSettings(Settings):
    """Object store connection settings."""

    s3_endpoint: str | None = Field(None, alias=env.S3_ENDPOINT, pattern="^https?://")
    s3_region: str | None = Field(None, alias=env.S3_REGION)
    s3_bucket: str = Field(alias=env.S3_BUCKET, min_length=3)
    s3_credentials_dir: Path | None = Field(None, alias=env.S3_CREDENTIALS_DIR)
    owner_cluster: Name = Field("default", alias=env.OWNER_CLUSTER)
    owner_namespace: Name | None = Field(None, alias=env.OWNER_NAMESPACE)

    @property
    def s3_access_key(self) -> Secret | None:
        """The access key id; None leaves credentials to the AWS SDK's default provider chain."""
        return self._s3_secret(secret_keys.S3_ACCESS_KEY_ID, env.AWS_ACCESS_KEY_ID)

    @property
    def s3_secret_key(self) -> Secret | None:
        """The secret access key; None leaves credentials to the AWS SDK."""
        return self._s3_secret(secret_keys.S3_SECRET_ACCESS_KEY, env.AWS_SECRET_ACCESS_KEY)

    def _s3_secret(self, key: str, variable: str) -> Secret | None:
        directory = self.s3_credentials_dir
        return None if directory is None else mounted_secret(directory, key, variable, None)

    def credentials(self) -> list[Secret]:
        """Returns the mounted keys if a credentials directory is set."""
        keys = (self.s3_access_key, self.s3_secret_key)
        return [*super().credentials(), *(key for key in keys if key is not None)]


class SnowflakeSettings(Settings):
    """Snowflake connection settings."""

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
        """The connection parameters by environment variable, each read at use."""
        parts = (
            (secret_keys.SNOWFLAKE_ACCOUNT, env.SNOWFLAKE_ACCOUNT, self.account_value),
            (secret_keys.SNOWFLAKE_USER, env.SNOWFLAKE_USER, self.user_value),
            (secret_keys.SNOWFLAKE_ROLE, env.SNOWFLAKE_ROLE, self.role_value),
            (secret_keys.SNOWFLAKE_WAREHOUSE, env.SNOWFLAKE_WAREHOUSE, self.warehouse_value),
            (
                secret_keys.SNOWFLAKE_PRIVATE_KEY,
                env.SNOWFLAKE_PRIVATE_KEY,
                reveal(self.private_key_value),
            ),
            (
                secret_keys.SNOWFLAKE_PRIVATE_KEY_PASSPHRASE,
                env.SNOWFLAKE_PRIVATE_KEY_PASSPHRASE,
                reveal(self.passphrase_value),
            ),
            (secret_keys.SNOWFLAKE_PASSWORD, env.SNOWFLAKE_PASSWORD, reveal(self.password_value)),
            (secret_keys.SNOWFLAKE_HOST, env.SNOWFLAKE_HOST, self.host_value),
            (secret_keys.SNOWFLAKE_PORT, env.SNOWFLAKE_PORT, self.port_value),
            (secret_keys.SNOWFLAKE_PROTOCOL, env.SNOWFLAKE_PROTOCOL, self.protocol_value),
        )
        directory = self.snowflake_credentials_dir
        return {name: mounted_secret(directory, key, name, value) for key, name, value in parts}

    @property
    def uses_password(self) -> bool:
        """Whether to sign in with the password: only to the emulator, and only without a key."""
        host, key, password = (
            self.snowflake[name].find()
            for name in (env.SNOWFLAKE_HOST, env.SNOWFLAKE_PRIVATE_KEY, env.SNOWFLAKE_PASSWORD)
        )
        return _accepts_password(host) and key is None and password is not None

    @classmethod
    def credential_variables(cls, given: Mapping[str, str]) -> list[tuple[str, ...]]:
        """Returns account, user and private key, unless a credentials directory is set."""
        if env.SNOWFLAKE_CREDENTIALS_DIR in given:
            return []
        directory = env.SNOWFLAKE_CREDENTIALS_DIR
        key: tuple[str, ...] = (env.SNOWFLAKE_PRIVATE_KEY,)
        if _accepts_password(given.get(env.SNOWFLAKE_HOST)):
            key = (env.SNOWFLAKE_PRIVATE_KEY, env.SNOWFLAKE_PASSWORD)
        return [
            (env.SNOWFLAKE_ACCOUNT, directory),
            (env.SNOWFLAKE_USER, directory),
            (*key, directory),
        ]

    def credentials(self) -> list[Secret]:
        """Returns account, user, and the private key or password."""
        parts = self.snowflake
        proof = env.SNOWFLAKE_PASSWORD if self.uses_password else env.SNOWFLAKE_PRIVATE_KEY
        required = (parts[env.SNOWFLAKE_ACCOUNT], parts[env.SNOWFLAKE_USER], parts[proof])
        return [*super().credentials(), *required]


def _accepts_password(host: str | None) -> bool:
    """Returns whether the host is the emulator's; Snowflake's is derived from the account."""
    return host is not None
