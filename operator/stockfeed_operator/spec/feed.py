"""The StockFeed resource as a typed, frozen model: the one source of the CRD.

`StockFeed` is the whole; its parts have a file each (`spec_source`, `spec_kafka`, `spec_storage`,
`spec_pods`, `spec_status`). Descriptions, defaults and bounds stand on the fields, rules where they
apply. Parse outside data with `stockfeed_operator.spec.validate`, which also checks the rules.
"""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from stockfeed.contract.durations import parse_duration
from stockfeed_operator.spec.feed_status import StockFeedStatus
from stockfeed_operator.spec.fields import (
    DURATION_PATTERN,
    RETENTION_PATTERN,
    Duration,
    LabelMap,
    ListMap,
    Model,
    is_duration,
    is_retention,
)
from stockfeed_operator.spec.kafka import Kafka
from stockfeed_operator.spec.pods import Pods
from stockfeed_operator.spec.rules import Rule
from stockfeed_operator.spec.source import Session, Source, SymbolGroup
from stockfeed_operator.spec.storage import Landing, Warehouse

GROUP: Final = "stockfeed.dev"
VERSION: Final = "v1alpha1"
KIND: Final = "StockFeed"
PLURAL: Final = "stockfeeds"
API_VERSION: Final = f"{GROUP}/{VERSION}"
MAX_SYMBOLS: Final = 1000

_SYMBOL_COUNT: Final = "self.map(g, g.symbols.size()).sum()"


def _within_symbol_limit(groups: tuple[SymbolGroup, ...]) -> bool:
    return sum(len(group.symbols) for group in groups) <= MAX_SYMBOLS


def _symbols_differ(groups: tuple[SymbolGroup, ...]) -> bool:
    if not _within_symbol_limit(groups):
        return True
    per_group = [set(group.symbols) for group in groups]
    return sum(map(len, per_group)) == len(set().union(*per_group))


SymbolGroups = Annotated[
    tuple[SymbolGroup, ...],
    Field(min_length=1, max_length=30),
    ListMap("name"),
    Rule(
        f"{_SYMBOL_COUNT} <= {MAX_SYMBOLS}",
        f"a feed has at most {MAX_SYMBOLS} symbols; put more into another feed",
        _within_symbol_limit,
    ),
    # It looks at each pair once, and at none in a feed above the limit: with all pairs it would
    # cost more than the API server lets a rule cost.
    Rule(
        f"{_SYMBOL_COUNT} > {MAX_SYMBOLS} || self.all(g, self.all(h, "
        "g.name <= h.name || !sets.intersects(g.symbols, h.symbols)))",
        "a symbol is in two groups; keep it in one of them",
        _symbols_differ,
    ),
]


def _budget_covers_symbols(spec: "StockFeedSpec") -> bool:
    intervals = [spec.interval_of(group) for group in spec.symbol_groups]
    if not all(is_duration(interval) for interval in intervals):
        return True
    needed = sum(
        len(group.symbols) * 60 / parse_duration(interval)
        for group, interval in zip(spec.symbol_groups, intervals, strict=True)
    )
    return needed <= spec.source.requests_per_minute + 0.001


def _objects_outlive_topics(spec: "StockFeedSpec") -> bool:
    topics, objects = spec.kafka.retention, spec.landing.retention
    if objects is None or not (is_retention(topics) and is_retention(objects)):
        return True
    return parse_duration(objects) > parse_duration(topics)


_INTERVAL: Final = "(has(g.pollInterval) ? g.pollInterval : self.source.pollInterval)"
# getMilliseconds gives the total on some servers and the part below a second on others.
_MILLISECONDS: Final = (
    f"double(duration({_INTERVAL}).getSeconds() * 1000"
    f" + duration({_INTERVAL}).getMilliseconds() % 1000)"
)


def _minutes(retention: str) -> str:
    """CEL for the minutes of a retention such as `7d`, which CEL's own durations lack."""
    number = f"int({retention}.substring(0, {retention}.size() - 1))"
    return f"{number} * ({retention}.endsWith('d') ? 1440 : {retention}.endsWith('h') ? 60 : 1)"


class StockFeedSpec(Model):
    """What the feed should be."""

    rules = (
        Rule(
            f"!self.symbolGroups.all(g, {_INTERVAL}.matches('{DURATION_PATTERN}')"
            f" && duration({_INTERVAL}) > duration('0s'))"
            " || self.symbolGroups.map(g, double(g.symbols.size()) * 60000.0"
            f" / {_MILLISECONDS}).sum()"
            " <= double(self.source.requestsPerMinute) + 0.001",
            "source.requestsPerMinute must be at least the sum over the groups of symbols * 60s / "
            "pollInterval; raise it to what the key allows, lengthen pollInterval, or take symbols "
            "out",
            _budget_covers_symbols,
            ".source.requestsPerMinute",
        ),
        Rule(
            "!has(self.landing.retention)"
            f" || !self.landing.retention.matches('{RETENTION_PATTERN}')"
            f" || !self.kafka.retention.matches('{RETENTION_PATTERN}')"
            f" || {_minutes('self.landing.retention')} > {_minutes('self.kafka.retention')}",
            "landing.retention must exceed kafka.retention, because the objects are how consumers "
            "know where to go on; raise it, or omit it to keep objects for good",
            _objects_outlive_topics,
            ".landing.retention",
        ),
    )

    suspend: bool = False
    """True stops the feed in order: producers, then consumers once they are drained, then one last
    load. Topics, objects and tables stay."""
    drain_timeout: Duration = "5m"
    """How long a stop waits for each of its parts, before it goes on and says what is left where:
    for producers to end, for consumers to land what was published, for the last load. So a stop
    takes three times as long and half a minute at most; producers usually end within seconds."""
    source: Source
    """The quote API, and how much of it the feed may use."""
    session: Session | None = None
    """The exchange's sessions; outside of them the feed is stopped in order. Omitted: it runs all
    the time."""
    symbol_groups: SymbolGroups
    """Symbols, in groups that share a topic, a producer and consumers: at most 1,000 in all."""
    kafka: Kafka
    """The Kafka cluster, and the topics that the feed has in it."""
    landing: Landing
    """The raw zone: immutable objects in S3 or MinIO."""
    warehouse: Warehouse
    """Snowflake: where quotes are loaded and models are built."""
    pods: Pods = Pods()
    """Settings of all pods of the feed."""
    labels: LabelMap = Field(default_factory=dict)
    """Further labels of every object of the feed, e.g. those that Prometheus selects PodMonitors
    by. The operator's own labels win."""

    @property
    def symbols(self) -> int:
        """Number of symbols in all groups."""
        return sum(len(group.symbols) for group in self.symbol_groups)

    def interval_of(self, group: SymbolGroup) -> str:
        """How often each symbol of the group is asked for."""
        own = group.poll_interval
        return self.source.poll_interval if own is None else own


class Metadata(Model):
    """What the operator reads of an object's metadata."""

    model_config = ConfigDict(extra="ignore")

    name: str
    namespace: str = "default"
    uid: str = ""
    generation: int = 0
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None


def _is_feed_name(feed: "StockFeed") -> bool:
    return re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", feed.metadata.name) is not None


class StockFeed(Model):
    """A live feed of market data: quote API, Kafka, S3, Snowflake, dbt."""

    rules = (
        Rule(
            "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$')",
            "metadata.name of a feed has at most 40 lower-case letters, digits and '-', because it "
            "becomes a part of other names; choose a shorter one without points",
            _is_feed_name,
            ".metadata.name",
        ),
    )

    api_version: Literal["stockfeed.dev/v1alpha1"] = "stockfeed.dev/v1alpha1"
    kind: Literal["StockFeed"] = "StockFeed"
    metadata: Metadata
    spec: StockFeedSpec
    """What the feed should be."""
    status: StockFeedStatus | None = None
    """What the operator says about the feed."""

    def to_object(self) -> dict[str, Any]:
        """The resource as JSON-like data, defaults filled in, absent fields left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
