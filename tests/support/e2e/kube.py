"""Access to the cluster: a few calls, and waits whose timeouts explain themselves."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from kubernetes import config, dynamic
from kubernetes.client import ApiClient, CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic.exceptions import NotFoundError

Manifest = dict[str, Any]
T = TypeVar("T")

NAMESPACE = "stocks"
_MERGE = "application/merge-patch+json"
_KINDS = {
    "StockFeed": "stockfeed.dev/v1alpha1",
    "KafkaTopic": "kafka.strimzi.io/v1",
    "CronWorkflow": "argoproj.io/v1alpha1",
    "Workflow": "argoproj.io/v1alpha1",
    "WorkflowTemplate": "argoproj.io/v1alpha1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "Deployment": "apps/v1",
    "ReplicaSet": "apps/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "Lease": "coordination.k8s.io/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
}


class Kube:
    """The objects of one cluster.

    Args:
        kubeconfig: path of the kubeconfig; None uses the user's own, with its current context.
    """

    def __init__(self, kubeconfig: str | None) -> None:
        self.client: ApiClient = config.new_client_from_config(kubeconfig)
        self._dynamic = dynamic.DynamicClient(self.client)
        self._core = CoreV1Api(self.client)

    def _resource(self, kind: str) -> Any:
        return self._dynamic.resources.get(api_version=_KINDS.get(kind, "v1"), kind=kind)

    def get(self, kind: str, name: str, namespace: str = NAMESPACE) -> Manifest | None:
        """Returns the object; None if it does not exist."""
        try:
            found: Manifest = self._resource(kind).get(name=name, namespace=namespace).to_dict()
        except NotFoundError:
            return None
        return found

    def find(self, kind: str, selector: str = "", namespace: str = NAMESPACE) -> list[Manifest]:
        """Returns the objects that match the label selector."""
        found = self._resource(kind).get(namespace=namespace, label_selector=selector)
        return [item.to_dict() for item in found.items]

    def version(self, kind: str, namespace: str = NAMESPACE) -> str:
        """Returns the resource version from which `watch` reports all changes."""
        found = self._resource(kind).get(namespace=namespace, limit=1)
        return str(found.metadata.resourceVersion)

    def watch(
        self, kind: str, selector: str, version: str, seconds: int, namespace: str = NAMESPACE
    ) -> Iterator[tuple[str, Manifest]]:
        """Yields changes after a version: ADDED, MODIFIED or DELETED, with the object."""
        events = self._dynamic.watch(
            self._resource(kind),
            namespace=namespace,
            label_selector=selector,
            resource_version=version,
            timeout=seconds,
        )
        for event in events:
            yield event["type"], event["raw_object"]

    def apply(self, manifest: Manifest, dry_run: bool = False) -> Manifest:
        """Applies an object server-side, as `kubectl apply --server-side` does."""
        options = {"dry_run": "All"} if dry_run else {}
        applied: Manifest = (
            self._resource(manifest["kind"])
            .server_side_apply(
                body=manifest,
                name=manifest["metadata"]["name"],
                namespace=manifest["metadata"].get("namespace", NAMESPACE),
                field_manager="e2e",
                force_conflicts=True,
                **options,
            )
            .to_dict()
        )
        return applied

    def patch(self, kind: str, name: str, patch: Manifest, namespace: str = NAMESPACE) -> None:
        """Applies a JSON merge patch."""
        self._resource(kind).patch(name=name, namespace=namespace, body=patch, content_type=_MERGE)

    def delete(
        self, kind: str, name: str, namespace: str = NAMESPACE, grace: int | None = None
    ) -> None:
        """Deletes the object; no error if it does not exist."""
        options = {} if grace is None else {"gracePeriodSeconds": grace}
        try:
            self._resource(kind).delete(name=name, namespace=namespace, body=options)
        except NotFoundError:
            return

    def pods(self, selector: str, namespace: str = NAMESPACE) -> list[Manifest]:
        """Returns the pods that are not being deleted."""
        found = self.find("Pod", selector, namespace)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def events(self, name: str, namespace: str = NAMESPACE) -> list[Manifest]:
        """Returns the Events of an object, oldest first."""
        found = self._resource("Event").get(
            namespace=namespace, field_selector=f"involvedObject.name={name}"
        )
        events = [item.to_dict() for item in found.items]
        return sorted(events, key=lambda event: str(event["metadata"]["creationTimestamp"]))

    def request(self, path: str, body: Any = None, method: str = "GET") -> str:
        """Returns the API server's response, also when it proxies to Services, pods and nodes."""
        answer = self.client.call_api(
            path,
            method,
            body=body,
            header_params={"Content-Type": "application/json"},
            auth_settings=["BearerToken"],
            _preload_content=False,
            _return_http_data_only=True,
            _request_timeout=20,
        )
        return str(answer.data.decode())

    def logs(self, pod: str, namespace: str = NAMESPACE, lines: int = 8, **how: Any) -> str:
        """Returns the end of a pod's log; empty if there is none."""
        try:
            # The client would convert the bytes with `str`, which gives `b'…'` with escapes.
            answer = self._core.read_namespaced_pod_log(
                pod, namespace, tail_lines=lines, _preload_content=False, **how
            )
        except ApiException:
            return ""
        return str(answer.data.decode())


def condition(feed: Mapping[str, Any] | None, kind: str) -> Manifest:
    """Returns a condition of an object; empty if it has none of that type."""
    conditions = ((feed or {}).get("status") or {}).get("conditions") or ()
    return next((dict(found) for found in conditions if found["type"] == kind), {})


def until(
    what: str,
    probe: Callable[[], T | None],
    seconds: float,
    explain: Callable[[], str] = str,
    pause: float = 0.5,
) -> T:
    """Calls the probe until its result is true, and returns the result.

    Args:
        what: the awaited condition, for the error message.
        probe: returns a true value when the condition holds.
        seconds: the time limit.
        explain: returns the reasons, for the error message.
        pause: seconds between two calls.

    Raises:
        TimeoutError: the time limit has passed.
    """
    deadline = time.monotonic() + seconds
    while not (result := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}\n{explain()}")
        time.sleep(pause)
    return result
