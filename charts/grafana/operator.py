"""*Operator*: does it lead, does it keep up, what does it repair, and is Argo's controller well."""

from typing import Final

from grafana import elsewhere
from grafana.model import NONE_ALLOWED, Dashboard, Graph, Limits, Look, Query, Section, Stat
from grafana.promql import highest, or_zero, quantile, rate, series, top
from grafana.table import Column, Table
from stockfeed.contract.metrics import operator

_POD: Final = "namespace, pod"
# Without a pod's own series, which are the sum of its containers'.
_CONTAINERS: Final = 'container!=""'
# The operator's own pods; multiplied with, the kubelet's metrics keep only theirs.
_OURS: Final = f"max by ({_POD}) ({series(operator.LEADER, of='')} >= bool 0)"
_ONE_NEEDED: Final = Limits(1, 0.5)
_ALL_FEEDS: Final = "The operator's own figures are of all feeds, whatever is chosen above."


def _of_pods(query: str) -> str:
    return f"sum by ({_POD}) ({query}) * on ({_POD}) {_OURS}"


_NOW: Final = Section(
    "Now",
    (
        Stat(
            Look(
                "Leaders",
                "Replicas that hold the Lease. 0 for more than seconds: nobody looks at feeds; "
                "running pipelines go on.",
                "none",
                "StockFeedOperatorDown",
                width=4,
                height=4,
            ),
            Query(or_zero(f"sum({series(operator.LEADER, of='')})"), "leaders"),
            _ONE_NEEDED,
        ),
        Stat(
            Look(
                "Replicas",
                "Operator pods that Prometheus reaches.",
                "none",
                "StockFeedOperatorDown",
                width=4,
                height=4,
            ),
            Query(or_zero(f"count({series(operator.LEADER, of='')})"), "replicas"),
        ),
        Stat(
            Look("Feeds", "Feeds that the operator looks after.", "none", width=4, height=4),
            Query(or_zero(f"count({highest(operator.FEED_RUNNING, 'namespace, feed')})"), "feeds"),
        ),
        Stat(
            Look(
                "Invalid feeds",
                "Feeds whose spec the operator refuses; their status says why.",
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
            Look(
                "Failed looks",
                "Looks at a feed that failed in the chosen time; each is tried again.",
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
            Look(
                "Argo's workflow errors",
                "Workflows in phase Error now: Argo itself could not run them.",
                "none",
                "StockFeedLoadFailing",
                width=4,
                height=4,
            ),
            Query(
                or_zero("sum(" + series(elsewhere.ARGO_WORKFLOWS, 'phase="Error"', of="") + ")"),
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
            Look(
                "Looks at feeds, by result",
                f"A minute. In steady state nearly all are `steady`. {_ALL_FEEDS}",
                "cpm",
                "StockFeedOperatorErroring",
                width=8,
            ),
            (Query(f"60 * {rate(operator.RECONCILES, 'result', of='')}", "{{result}}"),),
            stacked=True,
        ),
        Graph(
            Look(
                "Time of a look",
                f"Reading a feed's objects, applying what differs, writing status. {_ALL_FEEDS}",
                "s",
                "StockFeedOperatorErroring",
                width=8,
            ),
            tuple(
                Query(
                    quantile(share, operator.RECONCILE_DURATION, "pod", "5m", of=""),
                    f"{{{{pod}}}} {name}",
                )
                for share, name in ((0.5, "half"), (0.95, "95 of 100"))
            ),
            Limits(5, 30),
        ),
        Graph(
            Look(
                "Repairs, by kind",
                "Objects put right since the operator began, that somebody else had changed or "
                "deleted. A kind that climbs on and on has two writers that disagree.",
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
    "What it says of feeds",
    (
        Table(
            Look(
                "Conditions",
                "All conditions of the chosen feeds, as in their status.",
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
    "Pods and Argo's controller",
    (
        Table(
            Look(
                "Operator's pods",
                "CPU in cores; restarts of the chosen time.",
                "none",
                "StockFeedOperatorDown",
                width=12,
            ),
            ("namespace", "pod"),
            (
                Column(
                    "Leads", f"max by ({_POD}) ({series(operator.LEADER, of='')})", "bool_yes_no"
                ),
                Column(
                    "CPU",
                    _of_pods(f"rate({series(elsewhere.CPU, _CONTAINERS, of='')}[5m])"),
                    "none",
                ),
                Column(
                    "Memory",
                    _of_pods(series(elsewhere.MEMORY, _CONTAINERS, of="")),
                    "bytes",
                ),
                Column(
                    "Restarts",
                    _of_pods(f"increase({elsewhere.POD_RESTARTS}[$__range])"),
                    "short",
                    NONE_ALLOWED,
                ),
            ),
        ),
        Graph(
            Look(
                "Workflows by phase",
                "Workflows that the cluster holds now, of all namespaces; succeeded ones go after "
                "their time to live.",
                "short",
                "StockFeedLoadFailing",
                width=6,
            ),
            (Query(f"sum by (phase) ({elsewhere.ARGO_WORKFLOWS})", "{{phase}}"),),
        ),
        Graph(
            Look(
                "Argo's queues, the 5 longest",
                "What waits in the controller; a queue that stays long makes loads late.",
                "short",
                "StockFeedLoadSlow",
                width=6,
            ),
            (
                Query(
                    top(5, f"max by (queue_name) ({elsewhere.ARGO_QUEUE_DEPTH})"),
                    "{{queue_name}}",
                ),
            ),
        ),
    ),
)

DASHBOARD: Final = Dashboard(
    "operator",
    "StockFeed / Operator",
    "Does the operator lead, does it keep up, what does it repair, and is Argo's controller well.",
    (_NOW, _WORK, _FEEDS, _PODS),
)
