"""Rows of *Pipeline* for Kafka and the pods."""

from typing import Final

from grafana import external
from grafana.model import NONE_ALLOWED, Graph, Limits, PanelOptions, Query, Section
from grafana.promql import CHOSEN, GROUP, NAMESPACE, POD, rate, series, top
from grafana.table import Column, Table
from stockfeed.contract.metrics.shared import CERTIFICATE_EXPIRY

_DAYS: Final = Limits(30 * 86_400, 7 * 86_400)
# Always 1, with the labels feed, group and role, which the kubelet's metrics lack.
_ROLE_PODS: Final = f'max by ({POD}, role) (up{{{CHOSEN}, role=~"producer|consumer"}} >= bool 0)'
_EXPIRY: Final = f"min by ({GROUP}, role, certificate) ({series(CERTIFICATE_EXPIRY)}) - time()"


def _of_pods(query: str) -> str:
    """Sums a container metric by pod, for producers and consumers, and adds their labels."""
    summed = f"sum by (namespace, pod) ({query})"
    return f"{summed} * on (namespace, pod) group_left (feed, group, role) {_ROLE_PODS}"


def _container(metric: str) -> str:
    """Selects the series of containers, not of the pod as a whole, which is their sum."""
    return series(metric, 'container!=""', NAMESPACE)


KAFKA: Final = Section(
    "Kafka (Strimzi's metrics reporter)",
    (
        Graph(
            PanelOptions(
                "Incoming messages, 10 busiest topics",
                "Messages per minute received by the brokers.",
                "cpm",
                width=8,
            ),
            (
                Query(
                    top(
                        10,
                        "60 * "
                        + rate(external.KAFKA_MESSAGES_IN, "topic", 'topic!=""', of=NAMESPACE),
                    ),
                    "{{topic}}",
                ),
            ),
        ),
        Graph(
            PanelOptions(
                "Size of the 10 largest topics",
                "Bytes on the brokers' disks, including replicas.",
                "bytes",
                width=8,
            ),
            (
                Query(
                    top(10, f"sum by (topic) ({series(external.KAFKA_LOG_SIZE, of=NAMESPACE)})"),
                    "{{topic}}",
                ),
            ),
        ),
        Graph(
            PanelOptions(
                "Unhealthy partitions",
                "Offline: no leader, accepts no quotes. Under min ISR: rejects writes with "
                "`acks=all`. Under-replicated: at least one replica is out of sync.",
                "short",
                "StockFeedDeliveriesFailing",
                width=8,
            ),
            tuple(
                Query(f"sum({series(metric, of=NAMESPACE)})", legend)
                for metric, legend in (
                    (external.KAFKA_OFFLINE, "offline"),
                    (external.KAFKA_UNDER_MIN_ISR, "under min ISR"),
                    (external.KAFKA_UNDER_REPLICATED, "under-replicated"),
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
            PanelOptions(
                "Producers and consumers, top 50 pods by CPU",
                "CPU is in cores; restarts are counted in the selected time range. `Up` shows "
                "whether Prometheus can scrape the pod.",
                "none",
                "StockFeedPodsNotReady",
                width=24,
            ),
            ("namespace", "feed", "group", "role", "pod"),
            (
                Column(
                    "CPU",
                    top(50, _of_pods(f"rate({_container(external.CPU)}[5m])")),
                    "none",
                ),
                Column("Memory", _of_pods(_container(external.MEMORY)), "bytes"),
                Column(
                    "Restarts",
                    _of_pods(f"increase({series(external.POD_RESTARTS, of=NAMESPACE)}[$__range])"),
                    "short",
                    NONE_ALLOWED,
                ),
                Column(
                    "Up",
                    f'max by ({POD}, role) (up{{{CHOSEN}, role=~"producer|consumer"}})',
                    "bool_yes_no",
                ),
            ),
        ),
        Table(
            PanelOptions(
                "Kafka certificates that expire first",
                "Time until a mounted certificate expires. `ca` is the brokers' certificate "
                "authority, `client` the pods' own certificate. Empty without TLS.",
                "s",
                "StockFeedCertificateExpiring",
                width=12,
            ),
            ("namespace", "feed", "group", "role", "certificate"),
            (Column("Expires in", f"bottomk(50, {_EXPIRY})", "s", _DAYS, ascending=True),),
        ),
        Graph(
            PanelOptions(
                "Memory of loads and builds, top 10 containers",
                "Memory of the containers `load` and `main` in the pods of workflows.",
                "bytes",
                width=12,
            ),
            (
                Query(
                    top(
                        10,
                        "max by (namespace, pod, container) ("
                        + series(
                            external.MEMORY,
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
