"""Where quotes come from, when, and in which groups."""

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
    except (KeyError, OSError, ValueError) as error:  # OSError: the name is a directory's
        raise PydanticCustomError(
            "timezone", "it is no time zone; write an IANA name such as America/New_York"
        ) from error
    return name


TimeZone = Annotated[
    str,
    Field(max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"),
    AfterValidator(_timezone),
]


class ApiKeyRef(Model):
    """A key of a Secret in the feed's namespace."""

    name: SecretName
    """Name of the Secret."""
    key: SecretKey = "token"
    """The Secret's key that holds the quote API's key."""


class Source(Model):
    """The quote API, and how much of it the feed may use."""

    provider: Literal["finnhub"] = "finnhub"
    """The API's dialect."""
    base_url: Url = "https://finnhub.io/api/v1"
    """The API's address, without the endpoint's name."""
    api_key_secret_ref: ApiKeyRef
    """The quote API's key. It is sent in a header, never in a URL."""
    poll_interval: Duration = "6s"
    """How often each symbol is asked for, unless its group says otherwise."""
    timeout: Duration = "10s"
    """How long the producer waits for one answer."""
    heartbeat_interval: Duration = "5m"
    """An unchanged quote is published again after this time, so that silence differs from
    stillness."""
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 60
    """The key's budget, shared by all groups of the feed and by all feeds that name the key."""
    exchange_timezone: TimeZone = "America/New_York"
    """IANA name of the exchange's time zone: gold's days are days there."""


class ExtendedHours(Model):
    """Trading outside the regular session."""

    before: Duration | None = None
    """How long before the open the feed starts, e.g. 5h30m for 04:00 in New York."""
    after: Duration | None = None
    """How long after the close the feed goes on, e.g. 4h for 20:00 in New York."""


class Session(Model):
    """The exchange's sessions; outside of them the feed is stopped in order."""

    calendar: Calendar
    """Market identifier code of the exchange, e.g. XNYS: its holidays and early closes count."""
    extended_hours: ExtendedHours = ExtendedHours()
    """Trading outside the regular session; omitted, there is none."""


class ProducerSpec(Model):
    """The group's producer."""

    resources: Resources = Resources(
        requests={"cpu": "50m", "memory": "96Mi"}, limits={"memory": "256Mi"}
    )
    """Compute resources of the producer's container."""


class ConsumerSpec(Model):
    """The group's consumers."""

    replicas: Annotated[int, Field(ge=1, le=100)] = 1
    """Number of consumers; more than the topic has partitions would idle."""
    autoscaled: bool = False
    """True leaves the number of consumers to an autoscaler such as a HorizontalPodAutoscaler;
    `replicas` is then only what the group starts with."""
    resources: Resources = Resources(
        requests={"cpu": "100m", "memory": "192Mi"}, limits={"memory": "512Mi"}
    )
    """Compute resources of the consumer's container. Its buffers are bounded by
    `landing.rotate.bytes` a partition."""


class SymbolGroup(Model):
    """Symbols that share a topic, a producer and consumers."""

    name: GroupName
    """Name of the group, unique in the feed."""
    symbols: Annotated[tuple[Symbol, ...], Field(min_length=1, max_length=100), ListSet()]
    """Symbols as the provider writes them; none is in two groups. Quote those that YAML reads as
    something else, such as "ON", "NO" and "TRUE"."""
    poll_interval: Duration | None = None
    """How often each symbol is asked for; omitted, `source.pollInterval`."""
    producer: ProducerSpec = ProducerSpec()
    """The group's producer."""
    consumer: ConsumerSpec = ConsumerSpec()
    """The group's consumers."""
