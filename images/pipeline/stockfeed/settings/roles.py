"""Settings of each role: the services it connects to, and its own options."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr

from stockfeed.contract import env
from stockfeed.secrets import Secret
from stockfeed.settings.base import reveal
from stockfeed.settings.services import KafkaSettings, ObjectStoreSettings, SnowflakeSettings
from stockfeed.settings.values import Bytes, Days, Seconds, SecondsOrOff, Symbols


class Layout(StrEnum):
    """How quotes are landed: as batch objects only, or also as one object per quote."""

    BATCHED = "Batched"
    PER_EVENT = "PerEvent"


class ProducerSettings(KafkaSettings):
    """Settings of `stockfeed producer`."""

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
        return Secret(env.SOURCE_API_KEY, self.api_key_file, reveal(self.api_key_value))

    @classmethod
    def credential_variables(cls, given: Mapping[str, str]) -> list[tuple[str, ...]]:
        """Returns the API key's variables and Kafka's."""
        key = (env.SOURCE_API_KEY, env.SOURCE_API_KEY_FILE)
        return [*super().credential_variables(given), key]

    def credentials(self) -> list[Secret]:
        """Returns the API key and Kafka's credentials."""
        return [*super().credentials(), self.api_key]


class ConsumerSettings(KafkaSettings, ObjectStoreSettings):
    """Settings of `stockfeed consumer`."""

    kafka_consumer_group: str = Field(alias=env.KAFKA_CONSUMER_GROUP)
    layout: Layout = Field(Layout.BATCHED, alias=env.LAYOUT)
    rotate_records: int = Field(10_000, alias=env.ROTATE_RECORDS, gt=0)
    rotate_bytes: Bytes = Field(16 * 1024**2, alias=env.ROTATE_BYTES)
    rotate_interval: Seconds = Field(15.0, alias=env.ROTATE_INTERVAL)
    s3_retention: Days | None = Field(None, alias=env.S3_RETENTION)


class LoaderSettings(ObjectStoreSettings, SnowflakeSettings):
    """Settings of `stockfeed loader`."""

    load_interval: Seconds = Field(60.0, alias=env.LOAD_INTERVAL)


class BuildSettings(SnowflakeSettings):
    """Settings of `stockfeed build`."""

    dbt_project_dir: Path = Field(alias=env.DBT_PROJECT_DIR)
    dbt_parsed_file: Path | None = Field(None, alias=env.DBT_PARSED_FILE)
    dbt_schema: str = Field("ANALYTICS", alias=env.DBT_SCHEMA, pattern=r"^[A-Za-z_][A-Za-z0-9_$]*$")
    exchange_timezone: ZoneInfo = Field(ZoneInfo("America/New_York"), alias=env.EXCHANGE_TIMEZONE)


class InspectionSettings(ObjectStoreSettings, SnowflakeSettings):
    """Settings of `stockfeed verify` and `trace`; Kafka's are separate, in `BrokerSettings`."""

    dbt_schema: str = Field("ANALYTICS", alias=env.DBT_SCHEMA, pattern=r"^[A-Za-z_][A-Za-z0-9_$]*$")
    exchange_timezone: ZoneInfo = Field(ZoneInfo("America/New_York"), alias=env.EXCHANGE_TIMEZONE)
    s3_retention: Days | None = Field(None, alias=env.S3_RETENTION)
