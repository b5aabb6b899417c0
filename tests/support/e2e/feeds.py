"""A test's feed: its manifest, its state in the cluster, and its rows in gold."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.cluster.platform.install import BUCKET
from support.e2e.kube import NAMESPACE, Kube, Manifest, condition, until
from support.e2e.warehouse import Warehouse

# Labels the Workflows that a test submitted.
SUBMITTED = "stockfeed.test/submitted"
_VERIFIED_SECONDS = 240
# Each test run names its objects differently, so remains of an earlier run do not interfere.
RUN = uuid.uuid4().hex[:4]
# All kinds that the operator creates for a feed, except Workflows.
OWNED_KINDS = (
    "ServiceAccount",
    "RoleBinding",
    "ConfigMap",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "KafkaTopic",
    "Deployment",
    "CronWorkflow",
    "WorkflowTemplate",
    "PodMonitor",
)
_SMALL = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
_SMALL_LOAD = {"requests": {"cpu": "10m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}


def group(name: str, symbols: list[str], **settings: Any) -> Manifest:
    """Returns a symbol group whose pods request few resources."""
    small = {"resources": _SMALL}
    return {"name": name, "symbols": symbols, "producer": small, "consumer": small, **settings}


def manifest(name: str, base_url: str, groups: list[Manifest], **spec: Any) -> Manifest:
    """Returns a StockFeed on the platform's Kafka, MinIO and emulator.

    Keyword arguments replace parts of the spec.
    """
    schema = name.replace("-", "_").upper()
    warehouse = {
        "database": "STOCKS",
        "schema": f"{schema}_RAW",
        "credentialsSecretRef": {"name": "snowflake"},
        "resources": _SMALL_LOAD,
        "dbt": {"schema": schema, "resources": _SMALL_LOAD},
    }
    parts = {
        "source": source(name, base_url),
        "symbolGroups": groups,
        "kafka": {"cluster": "stocks", "partitions": 2, "replicas": 1},
        "landing": {
            "endpoint": "http://minio:9000",
            "bucket": BUCKET,
            "credentialsSecretRef": {"name": "minio"},
            "rotate": {"interval": "5s"},
        },
        **spec,
        "warehouse": {**warehouse, **spec.get("warehouse", {})},
    }
    return {
        "apiVersion": "stockfeed.dev/v1alpha1",
        "kind": "StockFeed",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": parts,
    }


def source(name: str, base_url: str, interval: str = "200ms", **settings: Any) -> Manifest:
    """Returns a source that reads its API key from the feed's own Secret."""
    return {
        "baseUrl": base_url,
        "apiKeySecretRef": {"name": f"{name}-key"},
        "pollInterval": interval,
        "requestsPerMinute": 6000,
        "heartbeatInterval": "24h",  # repeated quotes would falsify the count of a tape
        **settings,
    }


def key_secret(name: str, token: str = "demo") -> Manifest:
    """Returns the Secret with a feed's API key."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{name}-key", "namespace": NAMESPACE},
        "stringData": {"token": token},
    }


@dataclass(frozen=True)
class Ended:
    """A Workflow that has ended: its phase, message and log."""

    phase: str
    message: str
    log: str


@dataclass
class Feed:
    """A feed on the cluster.

    Attributes:
        kube: the cluster.
        name: the feed's name.
        resource: the manifest that was applied last.
    """

    kube: Kube
    name: str
    resource: Manifest = field(default_factory=dict)

    def apply(self, resource: Manifest) -> None:
        """Creates the feed or replaces its spec."""
        self.resource = resource
        self.kube.apply(resource)

    def change(self, **spec: Any) -> None:
        """Replaces parts of the spec."""
        changed = {**self.resource, "spec": {**self.resource["spec"], **spec}}
        self.apply(changed)

    def remove_part(self, part: str) -> None:
        """Removes an optional part from the spec."""
        spec = {name: value for name, value in self.resource["spec"].items() if name != part}
        self.apply({**self.resource, "spec": spec})

    @property
    def live(self) -> Manifest:
        """Returns the stored feed; empty if it does not exist."""
        return self.kube.get("StockFeed", self.name) or {}

    @property
    def status(self) -> Mapping[str, Any]:
        """Returns the status; empty until the operator has observed the current spec."""
        live = self.live
        status: dict[str, Any] = live.get("status") or {}
        current = status.get("observedGeneration") == live.get("metadata", {}).get("generation")
        return status if current else {}

    def condition(self, kind: str) -> Manifest:
        """Returns a condition of the current spec; empty if the status has none."""
        return condition({"status": self.status}, kind)

    def wait(self, kind: str, status: str, seconds: float, reason: str = "") -> Manifest:
        """Waits until a condition has the status, and the reason if one is given."""

        def found() -> Manifest | None:
            said = self.condition(kind)
            same = said.get("status") == status and reason in ("", said.get("reason"))
            return said if same else None

        return until(f"{self.name} {kind}={status} {reason}", found, seconds, self.explain)

    def until(self, what: str, probe: Any, seconds: float) -> Any:
        """Waits as `until` does; a timeout's message includes conditions, Events and logs."""
        return until(f"{self.name}: {what}", probe, seconds, self.explain)

    def pods(self, component: str = "", group_name: str = "") -> list[Manifest]:
        """Returns the feed's pods, except those that are being deleted."""
        selector = f"stockfeed.dev/feed={self.name}"
        if component:
            selector += f",app.kubernetes.io/component={component}"
        if group_name:
            selector += f",stockfeed.dev/group={group_name}"
        return self.kube.pods(selector)

    def runs(self) -> list[Manifest]:
        """Returns the feed's Workflows."""
        return self.kube.find("Workflow", f"stockfeed.dev/feed={self.name}")

    def verify(self, **parameters: str) -> Ended:
        """Runs the feed's `<feed>-verify`; `start` and `end` are its parameters `from` and `to`."""
        names = {"start": "from", "end": "to"}
        return self.submit("verify", {names.get(key, key): parameters[key] for key in parameters})

    def submit(self, template: str, parameters: Mapping[str, str]) -> Ended:
        """Runs one of the feed's WorkflowTemplates to its end.

        Args:
            template: the template's name without the feed's name and dash.
            parameters: the Workflow's parameters.
        """
        given = [{"name": key, "value": value} for key, value in parameters.items()]
        reference = {"name": f"{self.name}-{template}"}
        spec = {"workflowTemplateRef": reference, "arguments": {"parameters": given}}
        return self.run(template, spec)

    def run(self, name: str, spec: Manifest) -> Ended:
        """Runs a Workflow to its end and deletes it; the log is that of the container `main`."""
        run = f"{self.name}-{name}-{uuid.uuid4().hex[:6]}"
        self.kube.apply(
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Workflow",
                "metadata": {"name": run, "namespace": NAMESPACE, "labels": {SUBMITTED: name}},
                "spec": spec,
            }
        )
        status = self.until(f"{run} to end", lambda: self._ended(run), _VERIFIED_SECONDS)
        pods = self.kube.find("Pod", f"workflows.argoproj.io/workflow={run}")
        names = [pod["metadata"]["name"] for pod in pods]
        logs = "".join(self.kube.logs(pod, lines=500, container="main") for pod in names)
        own = [line for line in logs.splitlines() if " argo=true" not in line]
        self.kube.delete("Workflow", run)
        return Ended(status["phase"], status.get("message", ""), "\n".join(own))

    def _ended(self, run: str) -> Manifest:
        status: Manifest = (self.kube.get("Workflow", run) or {}).get("status") or {}
        return status if status.get("finishedAt") else {}

    def reasons(self) -> list[str]:
        """Returns the reasons of the feed's Events."""
        return [str(event["reason"]) for event in self.kube.events(self.name)]

    def warehouse(self) -> Warehouse:
        """Returns the schemas that hold the feed's quotes."""
        schemas = self.resource["spec"]["warehouse"]
        return Warehouse(schemas["database"], schemas["schema"], schemas["dbt"]["schema"])

    def explain(self) -> str:
        """Returns conditions, Events and the pods' states, for the message of a failed test."""
        lines = [
            f"  {said['type']}={said['status']} {said['reason']}: {said.get('message', '')}"
            for said in (self.live.get("status") or {}).get("conditions", ())
        ]
        lines += [
            f"  event {event['reason']}: {event.get('message', '')}"
            for event in self.kube.events(self.name)[-8:]
        ]
        for run in self.runs()[-3:]:
            status = run.get("status", {})
            lines.append(
                f"  run {run['metadata']['name']} {status.get('phase')} {status.get('message', '')}"
            )
        for pod in self.kube.find("Pod", f"stockfeed.dev/feed={self.name}"):
            lines += self._of_pod(pod)
        return "\n".join(lines)

    def _of_pod(self, pod: Manifest) -> list[str]:
        name, phase = pod["metadata"]["name"], pod["status"].get("phase")
        lines = [f"  pod {name} {phase}"]
        for container in pod["spec"]["containers"]:
            log = self.kube.logs(name, lines=4, container=container["name"])
            lines += [f"    {container['name']}: {line[:400]}" for line in log.splitlines()]
        return lines
