"""Sample feeds, and a feed in a cluster that tests reconcile step by step."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from stockfeed_operator.kube.api import Cluster
from stockfeed_operator.kube.kinds import FEED, WORKFLOW, Key, Manifest
from stockfeed_operator.manifests.metadata import FEED_LABEL, Installation
from stockfeed_operator.reconcile import Outcome, reconcile
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.validate import check
from support.inmemory.cluster import NAMESPACE, InMemoryCluster
from support.inmemory.merge import copied

INSTALLATION = Installation("stockfeed/pipeline:1", "stockfeed/dbt:1", "task-results", "1")

_WAITING = timedelta(seconds=10)

_SPEC: dict[str, Any] = {
    "source": {"apiKeySecretRef": {"name": "finnhub"}, "requestsPerMinute": 60},
    "symbolGroups": [
        {"name": "megacaps", "symbols": ["AAPL", "MSFT"]},
        {"name": "autos", "symbols": ["TSLA", "F"], "consumer": {"replicas": 2}},
    ],
    "kafka": {"cluster": "stocks", "partitions": 3},
    "landing": {"bucket": "raw-quotes", "credentialsSecretRef": {"name": "minio"}},
    "warehouse": {"database": "STOCKS", "credentialsSecretRef": {"name": "snowflake"}},
}


def patched(value: Any, patch: Any) -> Any:
    """Returns the value with a JSON merge patch applied."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for name, part in patch.items():
        if part is None:
            result.pop(name, None)
        else:
            result[name] = patched(result.get(name), part)
    return result


def resource(name: str = "us", **spec: Any) -> Manifest:
    """Returns the manifest of a feed with two groups, its spec patched."""
    return {
        "apiVersion": FEED.api_version,
        "kind": FEED.kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": patched(copied(_SPEC), spec),
    }


def feed(name: str = "us", **spec: Any) -> StockFeed:
    """Returns the same feed as a typed model."""
    return check(resource(name, **spec))


@dataclass
class Life:
    """A feed in a cluster, reconciled step by step.

    Attributes:
        cluster: the cluster that holds the feed.
        name: the feed's name.
        installation: the settings that are the same for every feed.
        client: the operator's client of the cluster; None calls the cluster directly.
        repaired: the drift repairs so far, in order.
    """

    cluster: InMemoryCluster = field(default_factory=InMemoryCluster)
    name: str = "us"
    installation: Installation = INSTALLATION
    client: Cluster | None = None
    repaired: list[Key] = field(default_factory=list)

    def create(self, **spec: Any) -> None:
        """Creates the feed, with defaults filled in as by the API server."""
        self.cluster.create(_defaulted(resource(self.name, **spec)))

    def change(self, **spec: Any) -> None:
        """Patches the feed's spec."""

        def change(live: Manifest) -> None:
            live["spec"] = patched(live["spec"], spec)

        self.cluster.edit(FEED, self.name, change)

    def load(self, name: str, phase: str = "Succeeded", message: str = "", **more: str) -> None:
        """Adds a finished Workflow of a load and build.

        Args:
            name: the Workflow's name.
            phase: its final phase.
            message: its message.
            more: outputs besides the usual ones.
        """
        outputs = {"files": "3", "rows": "420", "newest-quote-at": "2026-03-04T15:00:01Z", **more}
        parameters = [{"name": key, "value": text} for key, text in outputs.items()]
        self.cluster.create(
            {
                "apiVersion": WORKFLOW.api_version,
                "kind": WORKFLOW.kind,
                "metadata": {"name": name, "labels": {FEED_LABEL: self.name}},
                "status": {
                    "phase": phase,
                    "message": message,
                    "finishedAt": self.cluster.now.isoformat(),
                    "outputs": {"parameters": parameters},
                },
            }
        )

    def step(self) -> Outcome:
        """Runs one reconcile."""
        client = self.client or self.cluster
        return reconcile(
            client,
            self.installation,
            NAMESPACE,
            self.name,
            self.cluster.now,
            self.repaired.append,
        )

    def steps(self, count: int, seconds: float = 5.0) -> Outcome:
        """Runs `count` reconciles and lets the controllers act between them, `seconds` each."""
        outcome = self.step()
        for _ in range(count - 1):
            self.cluster.settle(seconds)
            outcome = self.step()
        return outcome

    def rest(self, limit: int = 120) -> int:
        """Reconciles until a pass neither writes nor waits; returns the number of passes."""
        for count in range(1, limit + 1):
            before = len(self.cluster.writes)
            requeue_after = self.step().requeue_after
            waits = requeue_after is not None and requeue_after <= _WAITING
            if len(self.cluster.writes) == before and not waits:
                return count
            self.cluster.settle(5.0)
        raise AssertionError(f"no rest after {limit}: {self.cluster.writes[-10:]}")

    @property
    def resource(self) -> Manifest:
        """Returns the stored feed."""
        return self.cluster.objects[Key(FEED.kind, self.name)]

    @property
    def exists(self) -> bool:
        """Returns whether the feed is stored."""
        return Key(FEED.kind, self.name) in self.cluster.objects

    def condition(self, kind: str) -> dict[str, Any]:
        """Returns a condition of the stored status; empty if there is none of that type."""
        conditions = self.resource.get("status", {}).get("conditions", [])
        return next((found for found in conditions if found["type"] == kind), {})

    def group(self, name: str) -> dict[str, Any]:
        """Returns a group of the stored status; empty if there is none of that name."""
        groups = self.resource.get("status", {}).get("groups", [])
        return next((found for found in groups if found["name"] == name), {})

    def replicas(self, name: str) -> int | None:
        """Returns the replicas of a Deployment; None if the Deployment does not exist."""
        found = self.cluster.objects.get(Key("Deployment", f"{self.name}-{name}"))
        return None if found is None else found["spec"].get("replicas")


def _defaulted(manifest: Manifest) -> Manifest:
    return {**check(manifest).to_object(), "metadata": manifest["metadata"]}
