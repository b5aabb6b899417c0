"""The product's prerequisites in a cluster: upstream's CRDs and Argo's controller.

The CRDs are those of the other tests. The controller's objects are the manifests in its own Go
module, with our image and the namespaces that StockFeed uses.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from support.cluster import images
from support.cluster.kubectl import apply, apply_file, kubectl
from support.cluster.layout import SOURCE
from support.crd.strimzi_crds import KINDS, strimzi_crd
from support.crd.upstream import upstream_crd

_NAMESPACE, _WATCHED = "argo", "stocks"
_ARGO_FULL = {f"argoproj.io_{name}.yaml" for name in ("cronworkflows", "workflowtemplates")}
_MONITORING = ("podmonitors", "prometheusrules", "servicemonitors")
_CONTROLLER = "deployment/workflow-controller"


def install() -> None:
    """Installs everything and waits until Argo's controller is ready; can be repeated.

    Raises:
        ToolError: Argo cannot be built.
        KubectlError: the API server rejects an object, or the controller does not become ready.
    """
    images.load(images.ARGO_CONTROLLER_IMAGE)
    images.load(images.ARGO_EXECUTOR_IMAGE)
    for path in crds():
        apply_file(path)
    kubectl("wait", "crd", "--all", "--for=condition=Established", "--timeout=60s")
    apply(_argo())
    apply_file(SOURCE / "manifests" / "argo.yaml")
    kubectl("rollout", "status", _CONTROLLER, f"--namespace={_NAMESPACE}", "--timeout=120s")


def crds() -> list[Path]:
    """Returns the CRD files of Argo, prometheus-operator and Strimzi.

    Only kinds that StockFeed creates have Argo's full schema, because each takes the API server
    seconds.
    """
    full = upstream_crd("Workflow").parent
    argo = [
        (full if file.name in _ARGO_FULL else full.parent / "minimal") / file.name
        for file in sorted(full.glob("argoproj.io_*.yaml"))
    ]
    prometheus = upstream_crd("PodMonitor").parent
    monitoring = [prometheus / f"monitoring.coreos.com_{name}.yaml" for name in _MONITORING]
    return [*argo, *monitoring, *(strimzi_crd(kind) for kind in KINDS)]


def _argo() -> Iterator[dict[str, Any]]:
    """Yields namespaces and Argo's own objects."""
    for namespace in (_NAMESPACE, _WATCHED):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        role = _manifest("namespace-install/workflow-controller-rbac/workflow-controller-role.yaml")
        yield _in_namespace(role, namespace)
    yield _manifest("base/workflow-controller/workflow-controller-priorityclass.yaml")
    account = _manifest("base/workflow-controller/workflow-controller-sa.yaml")
    yield _in_namespace(account, _NAMESPACE)
    yield _in_namespace(_controller(), _NAMESPACE)


def _controller() -> dict[str, Any]:
    deployment = _manifest("base/workflow-controller/workflow-controller-deployment.yaml")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    container["image"] = images.ARGO_CONTROLLER_IMAGE.image
    container["imagePullPolicy"] = "IfNotPresent"
    container["args"] = [
        "--namespaced",
        f"--managed-namespace={_WATCHED}",
        f"--executor-image={images.ARGO_EXECUTOR_IMAGE.image}",
    ]
    return deployment


def _manifest(path: str) -> dict[str, Any]:
    manifests = upstream_crd("Workflow").parents[3]
    content: dict[str, Any] = yaml.safe_load((manifests / path).read_text())
    return content


def _in_namespace(manifest: dict[str, Any], namespace: str) -> dict[str, Any]:
    return manifest | {"metadata": manifest["metadata"] | {"namespace": namespace}}
