"""*Pipeline*, its first rows: producers and consumers."""

from typing import Final

from grafana.model import NONE_ALLOWED, Graph, Limits, Look, Query, Section
from grafana.promql import (
    GROUP,
    POD,
    highest,
    increase,
    per_minute,
    rate,
    series,
    top,
    total,
)
from grafana.quantiles import quantiles
from grafana.table import Column, Table
from stockfeed.contract.metrics import consumer, producer

_GROUP_NAME: Final = "{{namespace}}/{{feed}} {{group}}"
_PARTITION: Final = f"{GROUP}, partition"


PRODUCER: Final = Section(
    "Producer",
    (
        Graph(
            Look(
                "Polls by outcome",
                "Quote requests a minute. `rate_limited` is an answer 429, `unauthorized` a "
                "refused API key, `error` no usable answer at all.",
                "cpm",
                "StockFeedApiRateLimited",
                width=8,
            ),
            (Query(per_minute(producer.POLLS, "outcome"), "{{outcome}}"),),
            stacked=True,
        ),
        Graph(
            Look(
                "Time of a poll",
                "From a quote request's start to its answer.",
                "s",
                "StockFeedApiRejecting",
                width=8,
            ),
            quantiles(producer.POLL_LATENCY),
        ),
        Graph(
            Look(
                "Answers that are no quote, by reason",
                "Answers a minute that were not published.",
                "cpm",
                "StockFeedAnswersRejected",
                width=8,
            ),
            (Query(per_minute(producer.REJECTED, "reason"), "{{reason}}"),),
            stacked=True,
        ),
        Table(
            Look(
                "Producers, the 50 busiest pods",
                "`Waited` is the share of time that requests waited for the request budget: near "
                "100 % the interval asks for more than the key allows. `Not acknowledged` are "
                "quotes of the chosen time that Kafka did not take in time.",
                "none",
                "StockFeedDeliveriesFailing",
                width=24,
            ),
            ("namespace", "feed", "group", "pod"),
            (
                Column("Polls", top(50, per_minute(producer.POLLS, POD, window="5m")), "cpm"),
                Column("Published", per_minute(producer.PUBLISHED, POD, window="5m"), "cpm"),
                Column("Unchanged", per_minute(producer.SUPPRESSED, POD, window="5m"), "cpm"),
                Column("Budget", highest(producer.REQUEST_BUDGET, POD), "cpm"),
                Column("Waited", rate(producer.RATE_LIMIT_WAIT, POD, window="5m"), "percentunit"),
                Column(
                    "Budget's file invalid",
                    highest(producer.BUDGET_FILE_INVALID, POD),
                    "bool_yes_no",
                    NONE_ALLOWED,
                ),
                Column(
                    "Not acknowledged",
                    increase(producer.DELIVERY_FAILURES, POD),
                    "short",
                    NONE_ALLOWED,
                ),
            ),
        ),
    ),
)


CONSUMER: Final = Section(
    "Consumer",
    (
        Graph(
            Look(
                "Consumed and landed",
                "Messages a minute; what is consumed waits for the next object to be written.",
                "cpm",
                "StockFeedLagGrowing",
                width=8,
            ),
            (
                Query(f"60 * sum(rate({series(consumer.CONSUMED)}[5m]))", "consumed"),
                Query(f"60 * sum(rate({series(consumer.LANDED)}[5m]))", "landed"),
            ),
        ),
        Graph(
            Look(
                "Not landed yet, the 10 longest groups",
                "Messages in the group's topic that are not in the raw zone.",
                "short",
                "StockFeedLagGrowing",
                width=8,
            ),
            (Query(top(10, total(consumer.LAG, GROUP, _PARTITION)), _GROUP_NAME),),
            Limits(1_000, 10_000),
        ),
        Graph(
            Look(
                "Time to write an object",
                "To compress and write one batch object.",
                "s",
                "StockFeedFlushFailing",
                width=8,
            ),
            quantiles(consumer.FLUSH_LATENCY),
        ),
        Table(
            Look(
                "Consumers, the 50 busiest pods",
                "Counts are of the chosen time. `Taken over` are intervals that another owner, or "
                "an earlier try, had landed already: some at each rebalance are normal.",
                "none",
                "StockFeedFlushFailing",
                width=24,
            ),
            ("namespace", "feed", "group", "pod"),
            (
                Column("Landed", top(50, per_minute(consumer.LANDED, POD, window="5m")), "cpm"),
                Column("Objects", per_minute(consumer.OBJECTS, POD, window="5m"), "cpm"),
                Column("Failed writes", increase(consumer.FLUSH_FAILURES, POD), "short"),
                Column("Taken over", increase(consumer.CONFLICTS, POD), "short"),
                Column("No event", increase(consumer.ERROR_LINES, POD), "short", NONE_ALLOWED),
                Column(
                    "Stopped partitions",
                    highest(consumer.PARTITION_FAULTS, POD),
                    "short",
                    NONE_ALLOWED,
                ),
                Column(
                    "Retention not set",
                    highest(consumer.RETENTION_FAULTS, POD),
                    "bool_yes_no",
                    NONE_ALLOWED,
                ),
            ),
        ),
    ),
)
