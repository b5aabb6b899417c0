"""Rows of *Pipeline* for producers and consumers."""

from typing import Final

from grafana.model import NONE_ALLOWED, Graph, Limits, PanelOptions, Query, Section
from grafana.promql import (
    GROUP,
    POD,
    highest,
    increase,
    per_minute,
    quantiles,
    rate,
    series,
    top,
    total,
)
from grafana.table import Column, Table
from stockfeed.contract.metrics import consumer, producer

_GROUP_NAME: Final = "{{namespace}}/{{feed}} {{group}}"
_PARTITION: Final = f"{GROUP}, partition"


PRODUCER: Final = Section(
    "Producer",
    (
        Graph(
            PanelOptions(
                "Polls by outcome",
                "Quote requests per minute. `rate_limited`: HTTP 429. `unauthorized`: the API key "
                "was rejected. `error`: no usable response.",
                "cpm",
                "StockFeedApiRateLimited",
                width=8,
            ),
            (Query(per_minute(producer.POLLS, "outcome"), "{{outcome}}"),),
            stacked=True,
        ),
        Graph(
            PanelOptions(
                "Poll duration",
                "Time from sending a quote request to receiving the response.",
                "s",
                "StockFeedApiRejecting",
                width=8,
            ),
            quantiles(producer.POLL_LATENCY),
        ),
        Graph(
            PanelOptions(
                "Invalid responses by reason",
                "Responses per minute that were not valid quotes and were not published.",
                "cpm",
                "StockFeedAnswersRejected",
                width=8,
            ),
            (Query(per_minute(producer.REJECTED, "reason"), "{{reason}}"),),
            stacked=True,
        ),
        Table(
            PanelOptions(
                "Producers, 50 busiest pods",
                "`Waited` is the share of time in which requests waited for the request budget. "
                "Near 100 %, the poll interval demands more than the API key allows. `Not "
                "acknowledged` counts quotes that Kafka did not acknowledge in time, in the "
                "selected time range.",
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
                    "Budget file invalid",
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
            PanelOptions(
                "Consumed and landed",
                "Messages per minute. Consumed messages land with the next object that is written.",
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
            PanelOptions(
                "Consumer lag, top 10 groups",
                "Messages in the group's topic that are not landed in the raw zone yet.",
                "short",
                "StockFeedLagGrowing",
                width=8,
            ),
            (Query(top(10, total(consumer.LAG, GROUP, _PARTITION)), _GROUP_NAME),),
            Limits(1_000, 10_000),
        ),
        Graph(
            PanelOptions(
                "Flush duration",
                "Time to compress and write one object.",
                "s",
                "StockFeedFlushFailing",
                width=8,
            ),
            quantiles(consumer.FLUSH_LATENCY),
        ),
        Table(
            PanelOptions(
                "Consumers, 50 busiest pods",
                "Counts in the selected time range. `Already landed` counts intervals that another "
                "owner of the partition, or an earlier attempt, had already written; a few at each "
                "rebalance are normal.",
                "none",
                "StockFeedFlushFailing",
                width=24,
            ),
            ("namespace", "feed", "group", "pod"),
            (
                Column("Landed", top(50, per_minute(consumer.LANDED, POD, window="5m")), "cpm"),
                Column("Objects", per_minute(consumer.OBJECTS, POD, window="5m"), "cpm"),
                Column("Failed writes", increase(consumer.FLUSH_FAILURES, POD), "short"),
                Column("Already landed", increase(consumer.CONFLICTS, POD), "short"),
                Column("Invalid", increase(consumer.ERROR_LINES, POD), "short", NONE_ALLOWED),
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
