"""Base class of outages: a feed, its fault, the alerts that report it, and the runbook's repair."""

import json
from dataclasses import dataclass
from typing import ClassVar

from support.e2e.feeds import RUN, Feed, group, key_secret, manifest, source
from support.e2e.kube import NAMESPACE, Kube, Manifest
from support.e2e.monitoring import Monitoring
from support.e2e.runbooks import inject, pages
from support.e2e.tapes import Tape

NO_LOADS: Manifest = {"schedule": "0 0 1 1 *", "dbt": {"enabled": False}}
EACH_MINUTE: Manifest = {"schedule": "* * * * *", "dbt": {"enabled": False}}
SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
# So slow that quotes last until the last outage is over.
_INTERVAL = "2s"
_HEALING_SECONDS = 300
_HEALTHY = ("ProducersAvailable", "ConsumersAvailable", "LoadHealthy")
_PAUSE = "stockfeed.dev/pause-reconciliation"


@dataclass(frozen=True)
class Testbed:
    """The environment of all outages.

    Attributes:
        kube: the cluster.
        monitoring: the cluster's Prometheus.
        server: the quote server of most feeds.
        strict: a quote server that requires the token `valid`.
    """

    kube: Kube
    monitoring: Monitoring
    server: Tape
    strict: Tape


class Outage:
    """An outage of one feed.

    Attributes:
        alerts: the alerts that report it.
        component: the component whose pods the runbooks inspect.
        has_no_pods: whether lists of its pods or runs may be empty.
        resolved_by_repair: the alerts that look at the present only, so that they resolve with the
            repair; others look back for minutes or hours.
    """

    alerts: ClassVar[tuple[str, ...]]
    component: ClassVar[str] = "consumer"
    has_no_pods: ClassVar[bool] = False
    resolved_by_repair: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, testbed: Testbed) -> None:
        self.testbed = testbed
        self.feed = Feed(testbed.kube, f"rb-{type(self).__name__.lower()}-{RUN}")

    def start(self) -> None:
        """Creates the feed; some outages are faults of the feed itself."""
        self.testbed.kube.apply(key_secret(self.feed.name))
        self.feed.apply(self.resource())

    def resource(self) -> Manifest:
        """Returns the feed's manifest."""
        return self.small(warehouse=NO_LOADS)

    def cause(self) -> None:
        """Causes the fault."""

    def repair(self) -> None:
        """Repairs the fault as the runbook says."""

    def wait_until_healed(self) -> None:
        """Waits until the feed is healthy and its alerts have resolved."""
        self.feed.until("all conditions to be healthy", self._is_healthy, _HEALING_SECONDS)
        self.feed.until(
            f"{set(self.resolved_by_repair)} to end",
            lambda: (
                not self.resolved_by_repair & self.testbed.monitoring.alerts(self.feed.name).keys()
            ),
            _HEALING_SECONDS,
        )

    def _is_healthy(self) -> bool:
        said = {kind: self.feed.condition(kind).get("status") for kind in _HEALTHY}
        # The condition of a feed that never loads is Unknown.
        return all(said[kind] == "True" for kind in _HEALTHY[:-1]) and said[_HEALTHY[-1]] != "False"

    def group_for(self, alert: str) -> str:
        """Returns the group to inspect for an alert."""
        del alert
        return "only"

    def variables(self, group_name: str) -> dict[str, str]:
        """Returns the variables that a page's reader sets, taken from the alert and from lists."""
        pods, runs = self.feed.pods(self.component, group_name), self.feed.runs()
        return {
            "NAMESPACE": NAMESPACE,
            "FEED": self.feed.name,
            "GROUP": group_name,
            "OPERATOR_NAMESPACE": "stockfeed",
            "POD": pods[0]["metadata"]["name"] if pods else "",
            "WORKFLOW": runs[-1]["metadata"]["name"] if runs else "",
        }

    def small(self, server: Tape | None = None, symbols: int = 1, **spec: object) -> Manifest:
        """Returns a feed with one group and one partition; `spec` replaces parts of it."""
        kafka = {"cluster": "stocks", "partitions": 1, "replicas": 1}
        base_url = (server or self.testbed.server).base_url
        groups = [group("only", [*SYMBOLS[:symbols]])]
        parts = {"kafka": kafka, "source": source(self.feed.name, base_url, _INTERVAL), **spec}
        return manifest(self.feed.name, base_url, groups, **parts)

    def wait_for_objects(self, count: int, group_name: str = "only") -> list[str]:
        """Waits until a group has `count` objects, and returns their keys."""
        self.feed.until(
            f"{count} objects of {group_name}",
            lambda: len(inject.objects(self.feed, group_name)) >= count,
            180,
        )
        return inject.objects(self.feed, group_name)

    def remove_consumer(self) -> None:
        """Stops the group's consumer until `restore_consumer`."""
        self._pause("true")
        self.feed.until("the pause", lambda: self.feed.condition("Paused"), 60)
        name = f"{self.feed.name}-only-consumer"
        self.testbed.kube.patch("Deployment", name, {"spec": {"replicas": 0}})
        self.feed.until("the consumer to end", lambda: not self.feed.pods("consumer"), 90)

    def restore_consumer(self) -> None:
        """Resumes the operator, which then restores the number of consumers."""
        self._pause(None)

    def _pause(self, value: str | None) -> None:
        annotations = {"metadata": {"annotations": {_PAUSE: value}}}
        self.testbed.kube.patch("StockFeed", self.feed.name, annotations)

    def restart_consumer(self) -> None:
        """Restarts the consumer as the runbooks say."""
        pages.run(pages.RESTART_CONSUMER, self.variables("only"))


def control(server: Tape, what: str, body: object, method: str) -> None:
    """Sends a request to a quote server's controls."""
    path = f"/api/v1/namespaces/{NAMESPACE}/services/{server.name}:8080/proxy/control/{what}"
    server.kube.request(path, body, method)


def require_token(server: Tape) -> None:
    """Makes the server require the token `valid`."""
    live = server.kube.get("Deployment", server.name) or {}
    pod = json.loads(json.dumps(live["spec"]["template"]["spec"]))
    pod["containers"][0]["args"].append("--token=valid")
    server.kube.patch("Deployment", server.name, {"spec": {"template": {"spec": pod}}})
