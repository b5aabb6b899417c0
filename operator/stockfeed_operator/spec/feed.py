"""The StockFeed resource as a typed, frozen model, from which the CRD is generated.

The parts of `StockFeed` are in `source`, `kafka`, `storage`, `pods` and `feed_status`.
Descriptions, defaults and bounds are defined on the fields; validation rules on the type, field or
class that they apply to. Parse external data with `stockfeed_operator.spec.validate`, which also
checks the rules.
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
    # As in the CEL rule: only the other rule reports a feed with too many symbols.
    if not _within_symbol_limit(groups):
        return True
    per_group = [set(group.symbols) for group in groups]
    return sum(map(len, per_group)) == len(set().union(*per_group))


# The bounds also limit the cost of the rules, which the API server estimates from maxItems and
# maxLength and refuses a CRD for.
SymbolGroups = Annotated[
    tuple[SymbolGroup, ...],
    Field(min_length=1, max_length=30),
    ListMap("name"),
    Rule(
        f"{_SYMBOL_COUNT} <= {MAX_SYMBOLS}",
        f"a feed can have at most {MAX_SYMBOLS} symbols; move the others to another feed",
        _within_symbol_limit,
    ),
    # Compares each pair of groups once, and skips feeds above the symbol limit: comparing every
    # ordered pair would exceed the API server's limit for the estimated cost of a rule.
    Rule(
        f"{_SYMBOL_COUNT} > {MAX_SYMBOLS} || self.all(g, self.all(h, "
        "g.name <= h.name || !sets.intersects(g.symbols, h.symbols)))",
        "a symbol is in more than one group; keep it in only one",
        _symbols_differ,
    ),
]


def _budget_covers_symbols(spec: "StockFeedSpec") -> bool:
    intervals = [spec.interval_of(group) for group in spec.symbol_groups]
    # The rule of the interval itself reports this; a second error would only confuse.
    if not all(is_duration(interval) for interval in intervals):
        return True
    needed = sum(
        len(group.symbols) * 60 / parse_duration(interval)
        for group, interval in zip(spec.symbol_groups, intervals, strict=True)
    )
    # Both forms of the rule tolerate the rounding of sums of quotients.
    return needed <= spec.source.requests_per_minute + 0.001


def _objects_outlive_topics(spec: "StockFeedSpec") -> bool:
    topics, objects = spec.kafka.retention, spec.landing.retention
    if objects is None or not (is_retention(topics) and is_retention(objects)):
        return True
    return parse_duration(objects) > parse_duration(topics)


_INTERVAL: Final = "(has(g.pollInterval) ? g.pollInterval : self.source.pollInterval)"
# getMilliseconds returns the total in some API server versions, and only the part below a second in
# others; % 1000 makes them equal.
_MILLISECONDS: Final = (
    f"double(duration({_INTERVAL}).getSeconds() * 1000"
    f" + duration({_INTERVAL}).getMilliseconds() % 1000)"
)


def _minutes(retention: str) -> str:
    """Returns a CEL expression for the minutes of a retention; CEL durations have no unit `d`."""
    number = f"int({retention}.substring(0, {retention}.size() - 1))"
    return f"{number} * ({retention}.endsWith('d') ? 1440 : {retention}.endsWith('h') ? 60 : 1)"


class StockFeedSpec(Model):
    """Desired state of the feed."""

    rules = (
        Rule(
            f"!self.symbolGroups.all(g, {_INTERVAL}.matches('{DURATION_PATTERN}')"
            f" && duration({_INTERVAL}) > duration('0s'))"
            " || self.symbolGroups.map(g, double(g.symbols.size()) * 60000.0"
            f" / {_MILLISECONDS}).sum()"
            " <= double(self.source.requestsPerMinute) + 0.001",
            "source.requestsPerMinute must be at least the sum of symbols * 60s / pollInterval "
            "over all groups; raise it if the API key allows more, lengthen pollInterval, or "
            "remove symbols",
            _budget_covers_symbols,
            ".source.requestsPerMinute",
        ),
        Rule(
            "!has(self.landing.retention)"
            f" || !self.landing.retention.matches('{RETENTION_PATTERN}')"
            f" || !self.kafka.retention.matches('{RETENTION_PATTERN}')"
            f" || {_minutes('self.landing.retention')} > {_minutes('self.kafka.retention')}",
            "landing.retention must exceed kafka.retention, because consumers derive their "
            "position from the objects; raise it, or omit it to keep objects forever",
            _objects_outlive_topics,
            ".landing.retention",
        ),
    )

    suspend: bool = False
    """Set to true to stop the feed: first producers, then consumers once they have landed all
    published quotes, then one last load. Topics, objects and tables are kept. Default: false."""
    drain_timeout: Duration = "5m"
    """Maximum duration of each phase of a stop: until producers have terminated, until consumers
    have landed all published quotes, and until the last load has finished. When a phase times out,
    the stop continues and the condition DrainTimedOut reports what was left behind. A stop takes at
    most three times this value plus half a minute. Default: 5m."""
    source: Source
    """The quote API and the request budget of its key."""
    session: Session | None = None
    """Trading sessions of an exchange: outside of them the feed is stopped as by `suspend`. If
    omitted, the feed runs all the time."""
    symbol_groups: SymbolGroups
    """Symbols in groups, each with its own topic, producer and consumers. At most 1,000 symbols in
    total."""
    kafka: Kafka
    """The Kafka cluster and the feed's topics in it."""
    landing: Landing
    """The raw zone, where consumers land quotes as immutable objects in S3 or MinIO."""
    warehouse: Warehouse
    """The Snowflake database that quotes are loaded into and dbt models are built in."""
    pods: Pods = Pods()
    """Settings for all pods of the feed."""
    labels: LabelMap = Field(default_factory=dict)
    """Additional labels for every object of the feed, e.g. those by which Prometheus selects
    PodMonitors. Labels set by the operator take precedence."""

    @property
    def symbols(self) -> int:
        """Total number of symbols in all groups."""
        return sum(len(group.symbols) for group in self.symbol_groups)

    def interval_of(self, group: SymbolGroup) -> str:
        """Returns the interval at which each symbol of the group is polled."""
        own = group.poll_interval
        return self.source.poll_interval if own is None else own


class Metadata(Model):
    """The fields of an object's metadata that the operator reads."""

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
    """A live feed of market data, from a quote API through Kafka and S3 to Snowflake and dbt."""

    rules = (
        Rule(
            "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$')",
            "metadata.name must have at most 40 characters, only lower-case letters, digits and "
            "'-', and start and end with a letter or digit, because other names contain it",
            _is_feed_name,
            ".metadata.name",
        ),
    )

    api_version: Literal["stockfeed.dev/v1alpha1"] = "stockfeed.dev/v1alpha1"
    kind: Literal["StockFeed"] = "StockFeed"
    metadata: Metadata
    spec: StockFeedSpec
    """Desired state of the feed."""
    status: StockFeedStatus | None = None
    """Observed state of the feed, written by the operator."""

    def to_object(self) -> dict[str, Any]:
        """Returns the resource as JSON-compatible data, with defaults and without unset fields."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
