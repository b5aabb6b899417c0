"""What every pod of a feed has: hardening, placement, images."""

from typing import Any, Final

from stockfeed.contract import endpoints
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.pods import Resources

TMP_VOLUME: Final[dict[str, Any]] = {"name": "tmp", "emptyDir": {}}
TMP_MOUNT: Final[dict[str, Any]] = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - a volume

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
    """Probes on the roles' own endpoints. Starting may take a minute, e.g. waiting for a broker."""
    return {
        "startupProbe": _probe(endpoints.HEALTHZ, periodSeconds=2, failureThreshold=30),
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
    """Environment variables, by name, so that a changed order in the code restarts nothing."""
    return [{"name": name, "value": value} for name, value in sorted(values.items())]


def resources(wanted: Resources) -> dict[str, Any]:
    """A container's `resources`, quantities as text, without empty parts."""
    parts = {"requests": wanted.requests, "limits": wanted.limits}
    return {
        name: {resource: str(quantity) for resource, quantity in part.items()}
        for name, part in parts.items()
        if part
    }


def pull_policy(feed: StockFeed) -> dict[str, str]:
    """`imagePullPolicy` where the feed sets one."""
    policy = feed.spec.pods.images.pull_policy
    return {} if policy is None else {"imagePullPolicy": policy}


def placement(feed: StockFeed) -> dict[str, Any]:
    """Where pods may run and what they may pull; absent fields left out."""
    pods = feed.spec.pods
    tolerations = [
        toleration.model_dump(mode="json", by_alias=True, exclude_none=True)
        for toleration in pods.tolerations
    ]
    wanted = {
        "nodeSelector": pods.node_selector,
        "tolerations": tolerations,
        "affinity": pods.affinity,
        "imagePullSecrets": [{"name": secret.name} for secret in pods.images.pull_secrets],
    }
    return {name: value for name, value in wanted.items() if value}


def pod_metadata(feed: StockFeed, labels: dict[str, str]) -> dict[str, Any]:
    """Labels and annotations of pods; the operator's own labels win."""
    pods = feed.spec.pods
    annotations = {"annotations": dict(pods.annotations)} if pods.annotations else {}
    return {"labels": {**pods.labels, **labels}, **annotations}
