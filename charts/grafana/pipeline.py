"""*Pipeline*: what each stage and each pod of it does, from the quote API to gold."""

from typing import Final

from grafana import elsewhere
from grafana.model import NONE_ALLOWED, Dashboard, Graph, Limits, Look, Query, Section
from grafana.promql import (
    CHOSEN,
    FEED,
    GROUP,
    LOADS,
    NAMESPACE,
    POD,
    Name,
    highest,
    histogram_rate,
    increase,
    per_minute,
    quantile,
    rate,
    series,
    top,
    total,
)
from grafana.table import Column, Table
from stockfeed.contract.metrics import consumer, loader, operator, producer, workflow
from stockfeed.contract.metrics.shared import CERTIFICATE_EXPIRY

_FEED_NAME: Final = "{{namespace}}/{{feed}}"
_GROUP_NAME: Final = "{{namespace}}/{{feed}} {{group}}"
_PARTITION: Final = f"{GROUP}, partition"
_LATE: Final = Limits(48, 60)
_DAYS: Final = Limits(30 * 86_400, 7 * 86_400)
# `up` has the labels of feed, group and role, which the kubelet's metrics lack.
_OURS: Final = (
    f'max by ({POD}, role) (up{{{CHOSEN}, role=~"producer|consumer"}} >= bool 0)'  # always 1
)
_EXPIRY: Final = f"min by ({GROUP}, role, certificate) ({series(CERTIFICATE_EXPIRY)}) - time()"


def _quantiles(metric: Name, window: str = "5m") -> tuple[Query, ...]:
    return tuple(
        Query(quantile(share, metric, "namespace", window), f"{{{{namespace}}}} {name}")
        for share, name in ((0.5, "half"), (0.95, "95 of 100"), (0.99, "99 of 100"))
    )


def _of_pods(query: str) -> str:
    """The containers' figures summed up by pod, of our pods alone and with their labels."""
    summed = f"sum by (namespace, pod) ({query})"
    return f"{summed} * on (namespace, pod) group_left (feed, group, role) {_OURS}"


def _container(metric: str) -> str:
    """Without the pod's own series, which are the sum of its containers'."""
    return series(metric, 'container!=""', NAMESPACE)


_PRODUCER: Final = Section(
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
            _quantiles(producer.POLL_LATENCY),
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

_CONSUMER: Final = Section(
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
            _quantiles(consumer.FLUSH_LATENCY),
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

_LOADER: Final = Section(
    "Load and build",
    (
        Graph(
            Look(
                "Time of a load",
                "Of the workflow's step `load`, from Argo's controller; runs that succeeded.",
                "s",
                "StockFeedLoadSlow",
                width=8,
            ),
            _quantiles(workflow.LOAD_DURATION, LOADS),
            _LATE,
        ),
        Graph(
            Look(
                "Time of a dbt build",
                "Of the workflow's build, from Argo's controller; runs that succeeded.",
                "s",
                "StockFeedLoadSlow",
                width=8,
            ),
            _quantiles(workflow.BUILD_DURATION, LOADS),
            _LATE,
        ),
        Graph(
            Look(
                "Last load and build, the 10 slowest feeds",
                "How long the steps of the newest run that loaded something took together; more "
                "than the cadence, and runs are left out.",
                "s",
                "StockFeedLoadSlow",
                width=8,
            ),
            (
                Query(
                    top(10, total(operator.FEED_STEP_DURATION, FEED, f"{FEED}, step")),
                    _FEED_NAME,
                ),
            ),
            _LATE,
        ),
        Table(
            Look(
                "Loads and builds by feed",
                "From Argo's controller, of the last 15 minutes; a restart of it begins the "
                "counts anew. Waiting partitions lack an object; failed ones have an object "
                "that cannot be loaded.",
                "none",
                "StockFeedFileRejected",
                width=12,
            ),
            ("namespace", "feed"),
            (
                Column("Rows", per_minute(workflow.ROWS, FEED, window=LOADS), "cpm"),
                Column("Objects", per_minute(workflow.FILES, FEED, window=LOADS), "cpm"),
                Column(
                    "Runs",
                    f"60 * {histogram_rate(workflow.LOAD_DURATION, 'count', FEED, LOADS)}",
                    "cpm",
                ),
                Column(
                    "Waiting partitions",
                    highest(workflow.PARTITIONS_WAITING, FEED),
                    "short",
                    NONE_ALLOWED,
                ),
                Column(
                    "Failed partitions",
                    highest(workflow.PARTITIONS_FAILED, FEED),
                    "short",
                    NONE_ALLOWED,
                ),
            ),
        ),
        Graph(
            Look(
                "Runs triggered and suppressed",
                "Runs of the chosen feeds' CronWorkflows an hour. A run is suppressed while the "
                "one before still works.",
                "short",
                "StockFeedRunsSuppressed",
                width=6,
            ),
            (
                Query(
                    "sum(increase("
                    + series(elsewhere.ARGO_TRIGGERED, 'name=~"$feed-load"', NAMESPACE)
                    + "[1h]))",
                    "triggered",
                ),
                Query(
                    "sum(increase("
                    + series(elsewhere.ARGO_SUPPRESSED, 'name=~"$feed-load"', NAMESPACE)
                    + "[1h]))",
                    "suppressed",
                ),
            ),
        ),
        Graph(
            Look(
                "Daily builds by result",
                "Builds with all tests over whole tables, since Argo's controller began.",
                "short",
                "StockFeedDailyTestsFailing",
                width=6,
            ),
            (Query(total(workflow.DAILY_BUILDS, "result", f"{FEED}, result"), "{{result}}"),),
        ),
    ),
)

_SERVICE: Final = Section(
    "Loader as a service (empty on a cluster, where the load is a workflow)",
    (
        Graph(
            Look(
                "Runs by result",
                "Runs a minute of `stockfeed loader` without `--once`.",
                "cpm",
                "StockFeedLoadFailing",
                width=8,
            ),
            (Query(per_minute(loader.LOADS, "result", window="5m"), "{{result}}"),),
            stacked=True,
        ),
        Graph(
            Look("Time of a run", "Of one load run.", "s", "StockFeedLoadSlow", width=8),
            _quantiles(loader.LOAD_LATENCY),
            _LATE,
        ),
        Graph(
            Look(
                "Stopped partitions, by cause",
                "`hole` waits for an object that is not there; `failed` has an object that cannot "
                "be loaded, or overlaps another.",
                "short",
                "StockFeedFileRejected",
                width=8,
            ),
            (
                Query(
                    f"sum by (cause) ({highest(loader.STOPPED_PARTITIONS, f'{FEED}, cause')})",
                    "{{cause}}",
                ),
            ),
            NONE_ALLOWED,
        ),
    ),
)

_KAFKA: Final = Section(
    "Kafka (Strimzi's metrics reporter)",
    (
        Graph(
            Look(
                "Messages in, the 10 busiest topics",
                "Messages a minute that brokers took.",
                "cpm",
                width=8,
            ),
            (
                Query(
                    top(
                        10,
                        "60 * "
                        + rate(elsewhere.KAFKA_MESSAGES_IN, "topic", 'topic!=""', of=NAMESPACE),
                    ),
                    "{{topic}}",
                ),
            ),
        ),
        Graph(
            Look(
                "Size of the 10 largest topics",
                "Bytes on the brokers' disks, replicas included.",
                "bytes",
                width=8,
            ),
            (
                Query(
                    top(10, f"sum by (topic) ({series(elsewhere.KAFKA_LOG_SIZE, of=NAMESPACE)})"),
                    "{{topic}}",
                ),
            ),
        ),
        Graph(
            Look(
                "Partitions in trouble",
                "Offline ones take no quotes; those under their least in-sync replicas refuse "
                "`acks=all`; under-replicated ones have lost a copy.",
                "short",
                "StockFeedDeliveriesFailing",
                width=8,
            ),
            tuple(
                Query(f"sum({series(metric, of=NAMESPACE)})", legend)
                for metric, legend in (
                    (elsewhere.KAFKA_OFFLINE, "offline"),
                    (elsewhere.KAFKA_UNDER_MIN_ISR, "under least in-sync replicas"),
                    (elsewhere.KAFKA_UNDER_REPLICATED, "under-replicated"),
                )
            ),
            NONE_ALLOWED,
        ),
    ),
)

_PODS: Final = Section(
    "Pods",
    (
        Table(
            Look(
                "Producers and consumers, the 50 pods that use most CPU",
                "`Reached` says whether Prometheus could scrape the pod. CPU is in cores; restarts "
                "are of the chosen time.",
                "none",
                "StockFeedPodsNotReady",
                width=24,
            ),
            ("namespace", "feed", "group", "role", "pod"),
            (
                Column(
                    "CPU",
                    top(50, _of_pods(f"rate({_container(elsewhere.CPU)}[5m])")),
                    "none",
                ),
                Column("Memory", _of_pods(_container(elsewhere.MEMORY)), "bytes"),
                Column(
                    "Restarts",
                    _of_pods(f"increase({series(elsewhere.POD_RESTARTS, of=NAMESPACE)}[$__range])"),
                    "short",
                    NONE_ALLOWED,
                ),
                Column(
                    "Reached",
                    f'max by ({POD}, role) (up{{{CHOSEN}, role=~"producer|consumer"}})',
                    "bool_yes_no",
                ),
            ),
        ),
        Table(
            Look(
                "Kafka certificates that end first",
                "Time until a mounted certificate ends, by role: `ca` is the authority, `client` "
                "the client's own. Empty where Kafka is used without certificates.",
                "s",
                "StockFeedCertificateExpiring",
                width=12,
            ),
            ("namespace", "feed", "group", "role", "certificate"),
            (Column("Ends in", f"bottomk(50, {_EXPIRY})", "s", _DAYS, ascending=True),),
        ),
        Graph(
            Look(
                "Memory of loads and builds, the 10 largest",
                "Of the containers `load` and `main` of the workflow's pods.",
                "bytes",
                width=12,
            ),
            (
                Query(
                    top(
                        10,
                        "max by (namespace, pod, container) ("
                        + series(
                            elsewhere.MEMORY,
                            'pod=~"$feed-load-.+", container=~"load|main"',
                            NAMESPACE,
                        )
                        + ")",
                    ),
                    "{{namespace}}/{{pod}} {{container}}",
                ),
            ),
        ),
    ),
)

DASHBOARD: Final = Dashboard(
    "pipeline",
    "StockFeed / Pipeline",
    "What each stage and each pod of it does, from the quote API to gold.",
    (_PRODUCER, _CONSUMER, _LOADER, _SERVICE, _KAFKA, _PODS),
)
