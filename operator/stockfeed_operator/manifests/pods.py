"""Settings shared by all pods of a feed: security, probes, scheduling and images."""

from typing import Any, Final

from stockfeed.contract import endpoints
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.pods import Pods, Resources

TMP_VOLUME: Final[dict[str, Any]] = {"name": "tmp", "emptyDir": {}}
TMP_MOUNT: Final[dict[str, Any]] = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - an emptyDir

POD_SECURITY: Final[dict[str, Any]] = {
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY: Final[dict[str, Any]] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def probes() -> dict[str, Any]:
    """Returns probes of the roles' HTTP endpoints, with up to a minute for start-up.

    A role may have to wait for a broker first.
    """
    return {
        "startupProbe": _probe(endpoints.HEALTHZ, periodSeconds=2, failureThreshold=30),
        # Liveness and readiness have different endpoints: a role that cannot reach a broker is not
        # ready, but restarting it would not help.
        "livenessProbe": _probe(endpoints.HEALTHZ, periodSeconds=10, failureThreshold=3),
        "readinessProbe": _probe(endpoints.READYZ, periodSeconds=5, failureThreshold=3),
    }


def _probe(path: str, **timing: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": endpoints.HTTP_PORT_NAME},
        "timeoutSeconds": 5,
        **timing,
    }


def environment(values: dict[str, str]) -> list[dict[str, str]]:
    """Returns environment variables sorted by name, so that reordering code restarts no pods."""
    return [{"name": name, "value": value} for name, value in sorted(values.items())]


def resources(wanted: Resources) -> dict[str, Any]:
    """Returns a container's `resources`, with quantities as strings and without empty parts."""
    parts = {"requests": wanted.requests, "limits": wanted.limits}
    return {
        # The API server returns quantities as strings; a number would look like drift.
        name: {resource: str(quantity) for resource, quantity in part.items()}
        for name, part in parts.items()
        if part
    }


def pull_policy(feed: StockFeed) -> dict[str, str]:
    """Returns `imagePullPolicy` if the feed sets one."""
    policy = feed.spec.pods.images.pull_policy
    return {} if policy is None else {"imagePullPolicy": policy}


def placement(feed: StockFeed) -> dict[str, Any]:
    """Returns the pod fields for scheduling and image pull Secrets, without empty ones."""
    pods = feed.spec.pods
    tolerations = [
        toleration.model_dump(mode="json", by_alias=True, exclude_none=True)
        for toleration in pods.tolerations
    ]
    wanted = {
        "nodeSelector": pods.node_selector,
        "tolerations": tolerations,
        "affinity": _affinity(pods),
        "imagePullSecrets": [{"name": secret.name} for secret in pods.images.pull_secrets],
    }
    return {name: value for name, value in wanted.items() if value}


def _affinity(pods: Pods) -> dict[str, Any]:
    """Returns the affinity with the fields that the feed sets."""
    if pods.affinity is None:
        return {}
    return pods.affinity.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def pod_metadata(feed: StockFeed, labels: dict[str, str]) -> dict[str, Any]:
    """Returns labels and annotations of pods; `labels` override the feed's pod labels."""
    pods = feed.spec.pods
    annotations = {"annotations": dict(pods.annotations)} if pods.annotations else {}
    return {"labels": {**pods.labels, **labels}, **annotations}
