"""*Feeds*: whether data is fresh and complete, and which feeds or groups lag behind."""

from typing import Final

from grafana import external
from grafana.model import NONE_ALLOWED, Dashboard, Graph, Limits, PanelOptions, Query, Section, Stat
from grafana.promql import (
    FEED,
    GROUP,
    LOADS,
    age,
    highest,
    increase,
    or_zero,
    per_minute,
    series,
    top,
    total,
)
from grafana.table import Column, Table
from stockfeed.contract.metrics import consumer, operator, producer, workflow

# Defaults of rules.thresholds.freshSeconds and staleSeconds in the chart's values.
_FRESH: Final = Limits(150, 600)
_LAG: Final = Limits(1_000, 10_000)
# The default objective in the chart's values allows 1 %; the fast burn alert fires at 14.4 %.
_BUDGET: Final = Limits(0.01, 0.144)
_PARTITION: Final = f"{GROUP}, partition"
_RUNNING: Final = f"(({highest(operator.FEED_RUNNING, FEED)}) == 1)"
_FRESHNESS: Final = age(operator.FEED_NEWEST_QUOTE, FEED)
_FRESHNESS_RUNNING: Final = f"({_FRESHNESS}) and on ({FEED}) {_RUNNING}"
# Conditions whose healthy status is True; the healthy status of all others is False.
_GOOD: Final = "Ready|TopicsReady|ProducersAvailable|ConsumersAvailable|LoadHealthy"
_COUNTERS: Final = (
    "Counters restart with their process, so they show a trend only; `stockfeed verify` proves "
    "completeness."
)


def _stat(title: str, description: str, query: str, limits: Limits | None, runbook: str) -> Stat:
    options = PanelOptions(title, description, "none", runbook, width=4, height=4)
    return Stat(options, Query(query, title), limits)


def _count(metric_increase: str) -> str:
    return or_zero(f"sum({metric_increase})")


_NOW: Final = Section(
    "Now",
    (
        _stat(
            "Running feeds",
            "Feeds that should deliver quotes: with a valid spec, not suspended, and in an open "
            "session.",
            or_zero(f"sum({highest(operator.FEED_RUNNING, FEED)})"),
            None,
            "",
        ),
        Stat(
            PanelOptions(
                "Stalest running feed",
                "Longest time since the poll of the newest quote in gold, over all running feeds. "
                "Slightly more than a minute is normal; up to two minutes is healthy.",
                "s",
                "StockFeedStale",
                width=4,
                height=4,
            ),
            Query(f"max({_FRESHNESS_RUNNING})", "freshness"),
            _FRESH,
        ),
        _stat(
            "Feeds not ready",
            "Feeds whose Ready condition is not True.",
            or_zero(
                "count("
                + highest(operator.FEED_CONDITION, FEED, 'condition="Ready", status!="True"')
                + ")"
            ),
            NONE_ALLOWED,
            "StockFeedPodsNotReady",
        ),
        _stat(
            "Stopped partitions",
            "Assigned partitions that consumers have stopped landing until someone repairs them.",
            or_zero(f"sum({highest(consumer.PARTITION_FAULTS, GROUP)})"),
            NONE_ALLOWED,
            "StockFeedPartitionStopped",
        ),
        _stat(
            "Invalid messages",
            "Messages landed as error lines in the selected time range; they never reach silver.",
            _count(increase(consumer.ERROR_LINES, FEED)),
            NONE_ALLOWED,
            "StockFeedErrorMessagesLanded",
        ),
        _stat(
            "Lost offsets",
            "Offsets that Kafka deleted before they were landed, in the selected time range.",
            _count(increase(consumer.LOST_OFFSETS, FEED)),
            NONE_ALLOWED,
            "StockFeedOffsetsLost",
        ),
        Table(
            PanelOptions(
                "Feeds",
                "All selected feeds, the stalest first. A feed's name links to its pipeline. "
                "Freshness is the time since the poll of the newest quote in gold. It is empty "
                "for feeds that have never loaded, and grows while a feed is not running.",
                "none",
                "StockFeedStale",
                width=24,
                height=9,
            ),
            ("namespace", "feed"),
            (
                Column("Freshness", _FRESHNESS, "s", _FRESH),
                Column("Running", highest(operator.FEED_RUNNING, FEED), "bool_yes_no"),
                Column("Since last load", age(operator.FEED_LAST_LOAD, FEED), "s"),
                Column("Published", per_minute(producer.PUBLISHED, FEED, window="5m"), "cpm"),
                Column("Landed", per_minute(consumer.LANDED, FEED, window="5m"), "cpm"),
                Column("Loaded", per_minute(workflow.ROWS, FEED, window=LOADS), "cpm"),
                Column("Lag", total(consumer.LAG, FEED, _PARTITION), "short", _LAG),
            ),
            link="pipeline",
        ),
    ),
)

_FRESHNESS_SECTION: Final = Section(
    "Freshness",
    (
        Graph(
            PanelOptions(
                "Freshness, 10 stalest running feeds",
                "Time since the poll of the newest quote in gold. A sawtooth with the period of "
                "the load schedule is healthy. A steadily rising line means that loads bring no "
                "new quotes.",
                "s",
                "StockFeedStale",
            ),
            (Query(top(10, _FRESHNESS_RUNNING), "{{namespace}}/{{feed}}"),),
            _FRESH,
        ),
        Graph(
            PanelOptions(
                "Landing delay, 10 worst groups",
                "Time since the poll of the newest message in the raw zone. If only freshness is "
                "high, loads are behind. If both rise, check the producer.",
                "s",
                "StockFeedLagGrowing",
            ),
            (
                Query(
                    top(10, age(consumer.NEWEST_LANDED, GROUP)),
                    "{{namespace}}/{{feed}} {{group}}",
                ),
            ),
            _FRESH,
        ),
        Table(
            PanelOptions(
                "Unhealthy conditions",
                "Conditions of feeds that indicate a problem, with their reason. Run "
                "`kubectl describe stockfeed` for the message.",
                "none",
                "StockFeedLoadFailing",
                height=9,
            ),
            ("namespace", "feed", "condition", "status", "reason"),
            (
                Column(
                    "Now",
                    "max by (namespace, feed, condition, status, reason) ("
                    + series(operator.FEED_CONDITION, f'condition=~"{_GOOD}", status!="True"')
                    + " or "
                    + series(operator.FEED_CONDITION, f'condition!~"{_GOOD}", status="True"')
                    + ")",
                    "short",
                ),
            ),
            link="pipeline",
        ),
        Table(
            PanelOptions(
                "Oldest market times, top 20 symbols",
                "Age of each symbol's newest quote by the provider's timestamp. Outside trading "
                "hours it grows for every symbol.",
                "none",
                "StockFeedSourceStale",
                height=9,
            ),
            ("namespace", "feed", "group", "symbol"),
            (
                Column(
                    "Age",
                    top(20, age(producer.LAST_QUOTE_TIMESTAMP, f"{GROUP}, symbol")),
                    "s",
                ),
            ),
        ),
    ),
)

_LEVELS: Final = Section(
    "Service levels (require rules.enabled in the chart)",
    (
        Graph(
            PanelOptions(
                "Late share of the last hour, 10 worst feeds",
                "Share of the preceding hour in which acknowledged quotes did not reach gold in "
                "time. At yellow, the monthly error budget runs out early; at red, an alert fires.",
                "percentunit",
                "StockFeedFreshnessBurn",
            ),
            (Query(top(10, series(external.LATE_HOUR)), "{{namespace}}/{{feed}}"),),
            _BUDGET,
        ),
        Graph(
            PanelOptions(
                "Incomplete share of the last hour, 10 worst feeds",
                "Share of the preceding hour in which messages were known to be missing between "
                "Kafka and silver. At yellow, the monthly error budget runs out early; at red, an "
                "alert fires.",
                "percentunit",
                "StockFeedCompletenessBurn",
            ),
            (Query(top(10, series(external.INCOMPLETE_HOUR)), "{{namespace}}/{{feed}}"),),
            _BUDGET,
        ),
    ),
)

_COMPLETENESS: Final = Section(
    "Completeness",
    (
        Graph(
            PanelOptions(
                "Quotes per stage",
                "Quotes per minute that were acknowledged by Kafka, landed, and loaded. The lines "
                f"coincide if no stage lags behind. {_COUNTERS}",
                "cpm",
                "StockFeedLagGrowing",
            ),
            (
                Query(f"60 * sum(rate({series(producer.PUBLISHED)}[5m]))", "published"),
                Query(f"60 * sum(rate({series(consumer.LANDED)}[5m]))", "landed"),
                Query(f"60 * sum(rate({series(workflow.ROWS)}[{LOADS}]))", "loaded"),
            ),
        ),
        Graph(
            PanelOptions(
                "Consumer lag, top 10 feeds",
                "Messages in Kafka that are not landed in the raw zone yet.",
                "short",
                "StockFeedLagGrowing",
            ),
            (
                Query(
                    top(10, total(consumer.LAG, FEED, _PARTITION)),
                    "{{namespace}}/{{feed}}",
                ),
            ),
            _LAG,
        ),
        Table(
            PanelOptions(
                "Message counts in the selected time range, by feed",
                "Messages published but not landed are in Kafka; messages landed but not loaded "
                f"are in the raw zone. {_COUNTERS}",
                "short",
                "StockFeedChainBroken",
                width=24,
            ),
            ("namespace", "feed"),
            (
                Column("Published", increase(producer.PUBLISHED, FEED), "short"),
                Column("Landed", increase(consumer.LANDED, FEED), "short"),
                Column("Loaded", increase(workflow.ROWS, FEED), "short"),
                Column("Invalid", increase(consumer.ERROR_LINES, FEED), "short", NONE_ALLOWED),
                Column("Lost", increase(consumer.LOST_OFFSETS, FEED), "short", NONE_ALLOWED),
            ),
            link="pipeline",
        ),
    ),
)

_GROUPS: Final = Section(
    "Groups of the selected feeds",
    (
        Table(
            PanelOptions(
                "Groups",
                "All groups of the selected feeds, sorted by consumer lag.",
                "none",
                "StockFeedLagGrowing",
                width=24,
                height=10,
            ),
            ("namespace", "feed", "group"),
            (
                Column("Lag", total(consumer.LAG, GROUP, _PARTITION), "short", _LAG),
                Column("Landing delay", age(consumer.NEWEST_LANDED, GROUP), "s", _FRESH),
                Column("Published", per_minute(producer.PUBLISHED, GROUP, window="5m"), "cpm"),
                Column("Landed", per_minute(consumer.LANDED, GROUP, window="5m"), "cpm"),
                Column("Objects", per_minute(consumer.OBJECTS, GROUP, window="5m"), "cpm"),
                Column(
                    "Stopped partitions",
                    highest(consumer.PARTITION_FAULTS, GROUP),
                    "short",
                    NONE_ALLOWED,
                ),
            ),
            link="pipeline",
        ),
    ),
)

DASHBOARD: Final = Dashboard(
    "feeds",
    "StockFeed / Feeds",
    "Is the data fresh and complete, and which feeds or groups lag behind?",
    (_NOW, _LEVELS, _FRESHNESS_SECTION, _COMPLETENESS, _GROUPS),
)
