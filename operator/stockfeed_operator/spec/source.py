"""Source settings of a feed: quote API, exchange sessions and symbol groups."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from stockfeed_operator.spec.calendars import Calendar
from stockfeed_operator.spec.fields import (
    Duration,
    GroupName,
    ListSet,
    Model,
    SecretKey,
    SecretName,
    Symbol,
    Url,
)
from stockfeed_operator.spec.pods import Resources


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # OSError: the name is a directory
        raise PydanticCustomError(
            "timezone", "unknown time zone; write an IANA name such as America/New_York"
        ) from error
    return name


TimeZone = Annotated[
    str,
    Field(max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"),
    AfterValidator(_timezone),
]


class ApiKeyRef(Model):
    """The quote API's key in a Secret in the feed's namespace."""

    name: SecretName
    """Name of the Secret."""
    key: SecretKey = "token"
    """Key in the Secret that holds the API key. Default: token."""


class Source(Model):
    """The quote API and the request budget of its key."""

    provider: Literal["finnhub"] = "finnhub"
    """Provider whose API the producers speak. Default: finnhub."""
    base_url: Url = "https://finnhub.io/api/v1"
    """Base URL of the API, without the path of an endpoint. Default: https://finnhub.io/api/v1."""
    api_key_secret_ref: ApiKeyRef
    """Secret with the API key. Producers send the key in a header, never in a URL."""
    poll_interval: Duration = "6s"
    """Interval at which each symbol is polled, unless its group sets its own. Default: 6s."""
    timeout: Duration = "10s"
    """Timeout of a request to the API. Default: 10s."""
    heartbeat_interval: Duration = "5m"
    """Interval at which an unchanged quote is published again, so that a quiet market can be told
    from a broken feed. Default: 5m."""
    # Finnhub's free plan allows 60 calls a minute (https://finnhub.io/pricing).
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 60
    """Maximum requests per minute with this API key, shared by all groups of the feed and by all
    feeds in the namespace that use the same key. Default: 60."""
    exchange_timezone: TimeZone = "America/New_York"
    """IANA time zone of the exchange, which defines the days of daily candles in gold. Default:
    America/New_York."""


class ExtendedHours(Model):
    """Trading hours before and after the regular session."""

    before: Duration | None = None
    """How long before the open the feed starts, e.g. 5h30m for 04:00 in New York. If omitted, it
    starts at the open."""
    after: Duration | None = None
    """How long after the close the feed keeps running, e.g. 4h for 20:00 in New York. If omitted,
    it stops at the close."""


class Session(Model):
    """Trading sessions of an exchange, outside of which the feed is stopped."""

    calendar: Calendar
    """Market identifier code (MIC) of the exchange, e.g. XNYS. Holidays and early closes are taken
    into account."""
    extended_hours: ExtendedHours = ExtendedHours()
    """Trading hours before and after the regular session. If omitted, only the regular session
    counts."""


class ProducerSpec(Model):
    """Settings for the group's producer."""

    resources: Resources = Resources(
        requests={"cpu": "50m", "memory": "96Mi"}, limits={"memory": "256Mi"}
    )
    """Resource requests and limits of the producer's container."""


class ConsumerSpec(Model):
    """Settings for the group's consumers."""

    replicas: Annotated[int, Field(ge=1, le=100)] = 1
    """Number of consumer pods. Pods in excess of `kafka.partitions` are idle. Default: 1."""
    autoscaled: bool = False
    """Set to true if an autoscaler, such as a HorizontalPodAutoscaler, sets the number of
    consumers. `replicas` is then only the initial number. Default: false."""
    resources: Resources = Resources(
        requests={"cpu": "100m", "memory": "192Mi"}, limits={"memory": "512Mi"}
    )
    """Resource requests and limits of the consumer's container, which buffers up to
    `landing.rotate.bytes` for each partition."""


class SymbolGroup(Model):
    """Symbols that share a topic, a producer and consumers."""

    name: GroupName
    """Name of the group, unique within the feed."""
    symbols: Annotated[tuple[Symbol, ...], Field(min_length=1, max_length=100), ListSet()]
    """Symbols as the provider writes them. A symbol can be in only one group of the feed. Quote
    symbols that YAML would read as booleans, such as "ON", "NO" and "TRUE"."""
    poll_interval: Duration | None = None
    """Interval at which each symbol of the group is polled. If omitted, `source.pollInterval`."""
    producer: ProducerSpec = ProducerSpec()
    """Settings for the group's producer."""
    consumer: ConsumerSpec = ConsumerSpec()
    """Settings for the group's consumers."""
