"""*Feeds*: is the data fresh, is it all there, and which feed or group is behind."""

from typing import Final

from grafana import elsewhere
from grafana.model import NONE_ALLOWED, Dashboard, Graph, Limits, Look, Query, Section, Stat
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

# freshSeconds and staleSeconds of the chart's default values.
_FRESH: Final = Limits(150, 600)
_LAG: Final = Limits(1_000, 10_000)
# The objective of the chart's default values leaves 1 %; at 14.4 % an hour it is paged.
_BUDGET: Final = Limits(0.01, 0.144)
_PARTITION: Final = f"{GROUP}, partition"
_RUNNING: Final = f"(({highest(operator.FEED_RUNNING, FEED)}) == 1)"
_FRESHNESS: Final = age(operator.FEED_NEWEST_QUOTE, FEED)
_FRESHNESS_RUNNING: Final = f"({_FRESHNESS}) and on ({FEED}) {_RUNNING}"
# Conditions that say what is right when they are true; of the others, what is wrong.
_GOOD: Final = "Ready|TopicsReady|ProducersAvailable|ConsumersAvailable|LoadHealthy"
_COUNTERS: Final = (
    "From counters, which begin anew with their process: a trend. The proof is `stockfeed verify`."
)


def _stat(title: str, description: str, query: str, limits: Limits | None, runbook: str) -> Stat:
    look = Look(title, description, "none", runbook, width=4, height=4)
    return Stat(look, Query(query, title), limits)


def _count(metric_increase: str) -> str:
    return or_zero(f"sum({metric_increase})")


_NOW: Final = Section(
    "Now",
    (
        _stat(
            "Running feeds",
            "Feeds that should deliver quotes: not suspended, not stopped for the exchange's "
            "closing, with a valid spec.",
            or_zero(f"sum({highest(operator.FEED_RUNNING, FEED)})"),
            None,
            "",
        ),
        Stat(
            Look(
                "Stalest running feed",
                "Time since the poll of the newest quote in gold, of the running feed where it is "
                "longest. Little over a minute is usual, two are healthy.",
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
            "Feeds whose condition Ready is not True.",
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
            "Assigned partitions whose chain of objects cannot go on until a person has looked.",
            or_zero(f"sum({highest(consumer.PARTITION_FAULTS, GROUP)})"),
            NONE_ALLOWED,
            "StockFeedPartitionStopped",
        ),
        _stat(
            "Messages that are no event",
            "Landed as error lines in the chosen time; they are kept apart after bronze.",
            _count(increase(consumer.ERROR_LINES, FEED)),
            NONE_ALLOWED,
            "StockFeedErrorMessagesLanded",
        ),
        _stat(
            "Lost offsets",
            "Offsets that Kafka's retention removed before they were landed, in the chosen time.",
            _count(increase(consumer.LOST_OFFSETS, FEED)),
            NONE_ALLOWED,
            "StockFeedOffsetsLost",
        ),
        Table(
            Look(
                "Feeds",
                "Every chosen feed, the stalest first; a feed's name leads to its pipeline. "
                "Freshness is the time since the poll of the newest quote in gold: a feed without "
                "it has never loaded, and one that is not running gets older, and should.",
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
            Look(
                "Freshness, the 10 stalest running feeds",
                "Time since the poll of the newest quote in gold. A saw-tooth of one load's "
                "cadence is healthy; a line that climbs is a feed whose loads bring nothing.",
                "s",
                "StockFeedStale",
            ),
            (Query(top(10, _FRESHNESS_RUNNING), "{{namespace}}/{{feed}}"),),
            _FRESH,
        ),
        Graph(
            Look(
                "Landed behind now, the 10 worst groups",
                "Time since the poll of the newest message in the raw zone. If this is small and "
                "freshness is not, the load is behind; if both climb, look at the producer.",
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
            Look(
                "What feeds say is wrong",
                "Conditions that are not as they should be, with their reason; "
                "`kubectl describe stockfeed` has the message.",
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
            Look(
                "Symbols longest without a new market time, top 20",
                "Time since the provider's own time of the newest quote. Outside of trading "
                "hours every symbol ages.",
                "none",
                "StockFeedSourceStale",
                height=9,
            ),
            ("namespace", "feed", "group", "symbol"),
            (
                Column(
                    "Behind",
                    top(20, age(producer.LAST_QUOTE_TIMESTAMP, f"{GROUP}, symbol")),
                    "s",
                ),
            ),
        ),
    ),
)

_LEVELS: Final = Section(
    "Service levels (with rules.enabled of the chart)",
    (
        Graph(
            Look(
                "Late, the 10 worst feeds",
                "Share of the hour before in which a quote that Kafka had acknowledged was not in "
                "gold in time. Yellow uses up the month's budget early, red pages.",
                "percentunit",
                "StockFeedFreshnessBurn",
            ),
            (Query(top(10, series(elsewhere.LATE_HOUR)), "{{namespace}}/{{feed}}"),),
            _BUDGET,
        ),
        Graph(
            Look(
                "Known to be incomplete, the 10 worst feeds",
                "Share of the hour before in which something was known to be missing between "
                "Kafka and silver. Yellow uses up the month's budget early, red pages.",
                "percentunit",
                "StockFeedCompletenessBurn",
            ),
            (Query(top(10, series(elsewhere.INCOMPLETE_HOUR)), "{{namespace}}/{{feed}}"),),
            _BUDGET,
        ),
    ),
)

_COMPLETENESS: Final = Section(
    "Completeness",
    (
        Graph(
            Look(
                "Quotes per stage",
                "Quotes a minute that Kafka acknowledged, that were landed, that were loaded; the "
                f"three meet where nothing is behind. {_COUNTERS}",
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
            Look(
                "Not landed yet, the 10 longest",
                "Messages in Kafka that are not in the raw zone, by feed.",
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
            Look(
                "Counts in the chosen time, by feed",
                "What is published but not landed is in Kafka; what is landed but not loaded is "
                f"in the raw zone. {_COUNTERS}",
                "short",
                "StockFeedChainBroken",
                width=24,
            ),
            ("namespace", "feed"),
            (
                Column("Published", increase(producer.PUBLISHED, FEED), "short"),
                Column("Landed", increase(consumer.LANDED, FEED), "short"),
                Column("Loaded", increase(workflow.ROWS, FEED), "short"),
                Column("No event", increase(consumer.ERROR_LINES, FEED), "short", NONE_ALLOWED),
                Column("Lost", increase(consumer.LOST_OFFSETS, FEED), "short", NONE_ALLOWED),
            ),
            link="pipeline",
        ),
    ),
)

_GROUPS: Final = Section(
    "By group",
    (
        Table(
            Look(
                "Groups",
                "Every group of the chosen feeds, the one with most messages waiting first.",
                "none",
                "StockFeedLagGrowing",
                width=24,
                height=10,
            ),
            ("namespace", "feed", "group"),
            (
                Column("Lag", total(consumer.LAG, GROUP, _PARTITION), "short", _LAG),
                Column("Landed behind now", age(consumer.NEWEST_LANDED, GROUP), "s", _FRESH),
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
    "Is the data fresh, is it all there, and which feed or group is behind.",
    (_NOW, _LEVELS, _FRESHNESS_SECTION, _COMPLETENESS, _GROUPS),
)
