"""Argo runs a workflow like StockFeed's: one pod with several containers, outputs from `main`."""

import json
from typing import Any

import pytest

from support.cluster import images, upstream
from support.cluster.kubectl import apply, kubectl

_NAMESPACE = "stocks"
_FILE = "/workspace/file"


@pytest.fixture
def workflow(cluster: None) -> str:
    """A workflow with the permissions that Argo's executor needs."""
    upstream.install()
    name = "harness"
    metadata = {"name": name, "namespace": _NAMESPACE}
    rbac = "rbac.authorization.k8s.io"
    results = {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"]}
    role = {"apiGroup": rbac, "kind": "Role", "name": name}
    account = {"kind": "ServiceAccount", "name": name, "namespace": _NAMESPACE}
    kubectl("delete", f"workflow/{name}", f"--namespace={_NAMESPACE}", "--ignore-not-found")
    apply(
        [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
            {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata}
            | {"rules": [results | {"verbs": ["create", "patch"]}]},
            {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": metadata}
            | {"roleRef": role, "subjects": [account]},
            _workflow(metadata),
        ]
    )
    return name


def test_container_set_succeeds_and_keeps_its_outputs(workflow: str) -> None:
    where = (f"workflow/{workflow}", f"--namespace={_NAMESPACE}")
    kubectl("wait", *where, "--for=condition=Completed", "--timeout=120s")
    status = json.loads(kubectl("get", *where, "--output=json"))["status"]
    assert status["phase"] == "Succeeded"
    nodes = {node["displayName"]: node["phase"] for node in status["nodes"].values()}
    assert nodes["load"] == nodes["main"] == "Succeeded"
    (written,) = status["outputs"]["parameters"]
    assert (written["name"], written["value"]) == ("written", "mount-tester new file")


def _workflow(metadata: dict[str, str]) -> dict[str, Any]:
    load = _container("load", f"--new_file_0644={_FILE}")
    main = _container("main", f"--file_content={_FILE}") | {"dependencies": ["load"]}
    written = {"name": "written", "globalName": "written", "valueFrom": {"path": _FILE}}
    template = {
        "name": "run",
        "containerSet": {
            "volumeMounts": [{"name": "workspace", "mountPath": "/workspace"}],
            "containers": [load, main],
        },
        "outputs": {"parameters": [written]},
    }
    spec = {
        "entrypoint": "run",
        "serviceAccountName": metadata["name"],
        "volumes": [{"name": "workspace", "emptyDir": {}}],
        "templates": [template],
    }
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
    return kind | {"metadata": metadata, "spec": spec}


def _container(name: str, argument: str) -> dict[str, Any]:
    command = ["agnhost", "mounttest", argument]
    return {"name": name, "image": images.AGNHOST_IMAGE.image, "command": command}
