"""Prometheus as kube-prometheus-stack runs it, built from the same projects' Go modules.

The real Prometheus Operator reads the product's PodMonitors and PrometheusRules and configures a
real Prometheus; kube-state-metrics and the kubelet export metrics of pods. There is no Alertmanager
and no Grafana.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from support.cluster import images
from support.cluster.kubectl import apply, apply_file, kubectl
from support.cluster.layout import SOURCE
from support.crd.upstream import upstream_crd

NAMESPACE = "monitoring"
_ROLLOUTS = (
    "deployment/prometheus-operator",
    "deployment/kube-state-metrics",
    "statefulset/prometheus-stack",
)
_IMAGES = (
    images.PROMETHEUS_IMAGE,
    images.PROMETHEUS_OPERATOR_IMAGE,
    images.CONFIG_RELOADER_IMAGE,
    images.KUBE_STATE_METRICS_IMAGE,
)


def install() -> None:
    """Installs everything and waits until Prometheus is ready; can be repeated.

    Raises:
        ToolError: a program cannot be built.
        KubectlError: the API server rejects an object, or a Deployment does not become ready.
    """
    for image in _IMAGES:
        images.load(image)
    _crds()
    # Bindings come first, because the operator checks its permissions only when it starts.
    apply_file(SOURCE / "manifests" / "monitoring.yaml")
    apply(_objects())
    operator, *others = _ROLLOUTS
    _wait(operator)
    kubectl(
        "wait", "prometheus/stack", f"--namespace={NAMESPACE}",
        "--for=condition=Reconciled", "--timeout=60s",
    )  # fmt: skip
    for rollout in others:
        _wait(rollout)


def _crds() -> None:
    """Yields the CRDs that the operator watches, without those in `support.cluster.upstream`."""
    crds = upstream_crd("PodMonitor").parent
    for name in ("prometheuses", "probes"):
        apply_file(crds / f"monitoring.coreos.com_{name}.yaml")
    kubectl("wait", "crd", "--all", "--for=condition=Established", "--timeout=60s")


def _objects() -> Iterator[dict[str, Any]]:
    """Yields the RBAC of the operator and of Prometheus, from the operator's own module."""
    yield _manifest("prometheus-operator/prometheus-operator-cluster-role.yaml")
    yield _here(_manifest("prometheus-operator/prometheus-operator-service-account.yaml"))
    yield _here(_operator())
    yield _manifest("prometheus/prometheus-cluster-role.yaml")
    yield _here(_manifest("prometheus/prometheus-service-account.yaml"))


def _operator() -> dict[str, Any]:
    deployment = _manifest("prometheus-operator/prometheus-operator-deployment.yaml")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    container["image"] = images.PROMETHEUS_OPERATOR_IMAGE.image
    container["args"] = [
        "--kubelet-service=kube-system/kubelet",
        f"--prometheus-config-reloader={images.CONFIG_RELOADER_IMAGE.image}",
    ]
    container["resources"] = {"requests": {"cpu": "10m", "memory": "64Mi"}}
    return deployment


def _manifest(path: str) -> dict[str, Any]:
    examples = upstream_crd("PodMonitor").parents[1] / "rbac"
    content: dict[str, Any] = yaml.safe_load((examples / path).read_text())
    return content


def _here(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest | {"metadata": manifest["metadata"] | {"namespace": NAMESPACE}}


def _wait(rollout: str) -> None:
    kubectl("rollout", "status", rollout, f"--namespace={NAMESPACE}", "--timeout=120s")
