"""What an outage is: a feed, what breaks it, the alerts that tell, and their pages' repair."""

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
# Quotes shall not end before the last outage is over.
_INTERVAL = "2s"
_HEALING_SECONDS = 300
_WELL = ("ProducersAvailable", "ConsumersAvailable", "LoadHealthy")
_PAUSE = "stockfeed.dev/pause-reconciliation"


@dataclass(frozen=True)
class Ward:
    """What the feeds stand on, and who watches them.

    Attributes:
        server: the quote server of most feeds.
        strict: one that asks for the token `valid`.
    """

    kube: Kube
    monitoring: Monitoring
    server: Tape
    strict: Tape


class Outage:
    """An outage of a feed of its own.

    Attributes:
        alerts: those that tell it.
        component: whose pod their pages look at.
        starts_nothing: lists of its pods or runs may be empty.
        ends: those of them that look at now, so that they end with the repair; others remember for
            minutes or hours.
    """

    alerts: ClassVar[tuple[str, ...]]
    component: ClassVar[str] = "consumer"
    starts_nothing: ClassVar[bool] = False
    ends: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        self.feed = Feed(ward.kube, f"rb-{type(self).__name__.lower()}-{RUN}")

    def start(self) -> None:
        """Makes the feed; some are wrong from the beginning."""
        self.ward.kube.apply(key_secret(self.feed.name))
        self.feed.apply(self.resource())

    def resource(self) -> Manifest:
        """The feed."""
        return self.small(warehouse=NO_LOADS)

    def make(self) -> None:
        """Breaks what the feed stands on."""

    def repair(self) -> None:
        """Does what the page says."""

    def healed(self) -> None:
        """Waits until nothing of the feed is at fault and its alerts have ended."""
        self.feed.until("all to be well", self._is_well, _HEALING_SECONDS)
        self.feed.until(
            f"{set(self.ends)} to end",
            lambda: not self.ends & self.ward.monitoring.alerts(self.feed.name).keys(),
            _HEALING_SECONDS,
        )

    def _is_well(self) -> bool:
        said = {kind: self.feed.condition(kind).get("status") for kind in _WELL}
        # Who never loads does not know.
        return all(said[kind] == "True" for kind in _WELL[:-1]) and said[_WELL[-1]] != "False"

    def group_of(self, alert: str) -> str:
        """The group that an alert is about; where it has no such label, the one to look at."""
        del alert
        return "only"

    def variables(self, group_name: str) -> dict[str, str]:
        """What a page's reader fills in from the alert's labels and the lists of the first page."""
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
        """A feed of one group and one partition; `spec` replaces its parts."""
        kafka = {"cluster": "stocks", "partitions": 1, "replicas": 1}
        base_url = (server or self.ward.server).base_url
        groups = [group("only", [*SYMBOLS[:symbols]])]
        parts = {"kafka": kafka, "source": source(self.feed.name, base_url, _INTERVAL), **spec}
        return manifest(self.feed.name, base_url, groups, **parts)

    def landed(self, count: int, group_name: str = "only") -> list[str]:
        """Waits for so many objects of a group; their keys."""
        self.feed.until(
            f"{count} objects of {group_name}",
            lambda: len(inject.objects(self.feed, group_name)) >= count,
            180,
        )
        return inject.objects(self.feed, group_name)

    def remove_consumer(self) -> None:
        """The group's consumer is away until `bring_consumer_back`."""
        self._pause("true")
        self.feed.until("the pause", lambda: self.feed.condition("Paused"), 60)
        name = f"{self.feed.name}-only-consumer"
        self.ward.kube.patch("Deployment", name, {"spec": {"replicas": 0}})
        self.feed.until("the consumer to end", lambda: not self.feed.pods("consumer"), 90)

    def bring_consumer_back(self) -> None:
        """The operator is let at the feed again, and makes its consumers as many as they were."""
        self._pause(None)

    def _pause(self, value: str | None) -> None:
        annotations = {"metadata": {"annotations": {_PAUSE: value}}}
        self.ward.kube.patch("StockFeed", self.feed.name, annotations)

    def restart_consumer(self) -> None:
        """As pages say it."""
        pages.run(pages.RESTART_CONSUMER, self.variables("only"))


def control(server: Tape, what: str, body: object, method: str) -> None:
    """A request to a quote server's controls."""
    path = f"/api/v1/namespaces/{NAMESPACE}/services/{server.name}:8080/proxy/control/{what}"
    server.kube.ask(path, body, method)


def ask_for_a_token(server: Tape) -> None:
    """The server lets in only who has the token `valid`."""
    live = server.kube.get("Deployment", server.name) or {}
    pod = json.loads(json.dumps(live["spec"]["template"]["spec"]))
    pod["containers"][0]["args"].append("--token=valid")
    server.kube.patch("Deployment", server.name, {"spec": {"template": {"spec": pod}}})
