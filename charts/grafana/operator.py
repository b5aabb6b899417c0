"""*Operator*: leadership, reconcile results, drift repairs, and Argo's controller."""

from typing import Final

from grafana import external
from grafana.model import NONE_ALLOWED, Dashboard, Graph, Limits, PanelOptions, Query, Section, Stat
from grafana.promql import highest, or_zero, quantile, rate, series, top
from grafana.table import Column, Table
from stockfeed.contract.metrics import operator

_POD: Final = "namespace, pod"
# Excludes the series of the pod as a whole, which is the sum of its containers.
_CONTAINERS: Final = 'container!=""'
# Always 1, for the operator's pods: multiplying by it limits the kubelet's metrics to them.
_OPERATOR_PODS: Final = f"max by ({_POD}) ({series(operator.LEADER, of='')} >= bool 0)"
_ONE_NEEDED: Final = Limits(1, 0.5)
_ALL_FEEDS: Final = "Includes all feeds, regardless of the selection above."


def _of_pods(query: str) -> str:
    return f"sum by ({_POD}) ({query}) * on ({_POD}) {_OPERATOR_PODS}"


_NOW: Final = Section(
    "Now",
    (
        Stat(
            PanelOptions(
                "Leaders",
                "Replicas that hold the Lease. While this is 0, no feed is reconciled; running "
                "pipelines continue.",
                "none",
                "StockFeedOperatorDown",
                width=4,
                height=4,
            ),
            Query(or_zero(f"sum({series(operator.LEADER, of='')})"), "leaders"),
            _ONE_NEEDED,
        ),
        Stat(
            PanelOptions(
                "Replicas",
                "Operator pods that Prometheus scrapes.",
                "none",
                "StockFeedOperatorDown",
                width=4,
                height=4,
            ),
            Query(or_zero(f"count({series(operator.LEADER, of='')})"), "replicas"),
        ),
        Stat(
            PanelOptions("Feeds", "Feeds that the operator reconciles.", "none", width=4, height=4),
            Query(or_zero(f"count({highest(operator.FEED_RUNNING, 'namespace, feed')})"), "feeds"),
        ),
        Stat(
            PanelOptions(
                "Invalid feeds",
                "Feeds whose spec the operator rejects; their status has the reason.",
                "none",
                "StockFeedInvalid",
                width=4,
                height=4,
            ),
            Query(
                or_zero(
                    "count("
                    + series(operator.FEED_CONDITION, 'condition="Ready", reason="InvalidSpec"')
                    + ")"
                ),
                "invalid",
            ),
            NONE_ALLOWED,
        ),
        Stat(
            PanelOptions(
                "Failed reconciles",
                "Reconciles that failed in the selected time range. Each is retried.",
                "none",
                "StockFeedOperatorErroring",
                width=4,
                height=4,
            ),
            Query(
                "sum(increase("
                + series(operator.RECONCILES, 'result="failed"', of="")
                + "[$__range]))",
                "failed",
            ),
            Limits(1, 5),
        ),
        Stat(
            PanelOptions(
                "Workflow errors",
                "Workflows currently in phase Error: Argo itself could not run them.",
                "none",
                "StockFeedLoadFailing",
                width=4,
                height=4,
            ),
            Query(
                or_zero("sum(" + series(external.ARGO_WORKFLOWS, 'phase="Error"', of="") + ")"),
                "errors",
            ),
            NONE_ALLOWED,
        ),
    ),
)

_WORK: Final = Section(
    "Work",
    (
        Graph(
            PanelOptions(
                "Reconciles by result",
                "Reconciles per minute. If nothing changes, nearly all results are `steady`. "
                f"{_ALL_FEEDS}",
                "cpm",
                "StockFeedOperatorErroring",
                width=8,
            ),
            (Query(f"60 * {rate(operator.RECONCILES, 'result', of='')}", "{{result}}"),),
            stacked=True,
        ),
        Graph(
            PanelOptions(
                "Reconcile duration",
                "Time to read a feed's objects, apply differences and write the status. "
                f"{_ALL_FEEDS}",
                "s",
                "StockFeedOperatorErroring",
                width=8,
            ),
            tuple(
                Query(
                    quantile(share, operator.RECONCILE_DURATION, "pod", "5m", of=""),
                    f"{{{{pod}}}} {name}",
                )
                for share, name in ((0.5, "p50"), (0.95, "p95"))
            ),
            Limits(5, 30),
        ),
        Graph(
            PanelOptions(
                "Drift repairs by kind",
                "Objects that another client changed or deleted and the operator restored, since "
                "the operator started. A line that keeps rising means that another controller "
                "and the operator overwrite each other.",
                "short",
                width=8,
            ),
            (
                Query(
                    f"sum by (kind) ({series(operator.DRIFT_REPAIRS, of='')})",
                    "{{kind}}",
                ),
            ),
            stacked=True,
        ),
    ),
)

_FEEDS: Final = Section(
    "Conditions of feeds",
    (
        Table(
            PanelOptions(
                "Conditions",
                "All conditions in the status of the selected feeds.",
                "none",
                "StockFeedPodsNotReady",
                width=24,
                height=10,
            ),
            ("namespace", "feed", "condition", "status", "reason"),
            (
                Column(
                    "Now",
                    highest(operator.FEED_CONDITION, "namespace, feed, condition, status, reason"),
                    "short",
                ),
            ),
            link="feeds",
        ),
    ),
)

_PODS: Final = Section(
    "Operator pods and Argo's controller",
    (
        Table(
            PanelOptions(
                "Operator pods",
                "CPU in cores; restarts in the selected time range.",
                "none",
                "StockFeedOperatorDown",
                width=12,
            ),
            ("namespace", "pod"),
            (
                Column(
                    "Leader", f"max by ({_POD}) ({series(operator.LEADER, of='')})", "bool_yes_no"
                ),
                Column(
                    "CPU",
                    _of_pods(f"rate({series(external.CPU, _CONTAINERS, of='')}[5m])"),
                    "none",
                ),
                Column(
                    "Memory",
                    _of_pods(series(external.MEMORY, _CONTAINERS, of="")),
                    "bytes",
                ),
                Column(
                    "Restarts",
                    _of_pods(f"increase({external.POD_RESTARTS}[$__range])"),
                    "short",
                    NONE_ALLOWED,
                ),
            ),
        ),
        Graph(
            PanelOptions(
                "Workflows by phase",
                "Workflows that currently exist, in all namespaces. Successful ones are deleted "
                "when their time to live ends.",
                "short",
                "StockFeedLoadFailing",
                width=6,
            ),
            (Query(f"sum by (phase) ({external.ARGO_WORKFLOWS})", "{{phase}}"),),
        ),
        Graph(
            PanelOptions(
                "Argo's 5 longest queues",
                "Items waiting in the workflow controller. A queue that stays long delays loads.",
                "short",
                "StockFeedLoadSlow",
                width=6,
            ),
            (
                Query(
                    top(5, f"max by (queue_name) ({external.ARGO_QUEUE_DEPTH})"),
                    "{{queue_name}}",
                ),
            ),
        ),
    ),
)

DASHBOARD: Final = Dashboard(
    "operator",
    "StockFeed / Operator",
    "Does the operator lead and keep up, what does it repair, and is Argo's controller healthy?",
    (_NOW, _WORK, _FEEDS, _PODS),
)
