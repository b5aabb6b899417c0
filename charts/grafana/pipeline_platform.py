"""*Pipeline*, its last rows: what it runs on."""

from typing import Final

from grafana import elsewhere
from grafana.model import NONE_ALLOWED, Graph, Limits, Look, Query, Section
from grafana.promql import CHOSEN, GROUP, NAMESPACE, POD, rate, series, top
from grafana.table import Column, Table
from stockfeed.contract.metrics.shared import CERTIFICATE_EXPIRY

_DAYS: Final = Limits(30 * 86_400, 7 * 86_400)
# `up` has the labels of feed, group and role, which the kubelet's metrics lack.
_OURS: Final = (
    f'max by ({POD}, role) (up{{{CHOSEN}, role=~"producer|consumer"}} >= bool 0)'  # always 1
)
_EXPIRY: Final = f"min by ({GROUP}, role, certificate) ({series(CERTIFICATE_EXPIRY)}) - time()"


def _of_pods(query: str) -> str:
    """The containers' figures summed up by pod, of our pods alone and with their labels."""
    summed = f"sum by (namespace, pod) ({query})"
    return f"{summed} * on (namespace, pod) group_left (feed, group, role) {_OURS}"


def _container(metric: str) -> str:
    """Without the pod's own series, which are the sum of its containers'."""
    return series(metric, 'container!=""', NAMESPACE)


KAFKA: Final = Section(
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


PODS: Final = Section(
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
