"""Requests map to the access that the API server checks."""

from typing import Any

import pytest

from support.inmemory.apiserver import ApiServer
from support.inmemory.cluster import InMemoryCluster
from support.inmemory.http import Request
from support.inmemory.rbac import Access, Recorder, Right, access_of, rights_of

FEEDS = "/apis/stockfeed.dev/v1alpha1/namespaces/n/stockfeeds"
ACCOUNT = {"kind": "ServiceAccount", "name": "operator", "namespace": "s"}


@pytest.mark.parametrize(
    ("method", "path", "access"),
    [
        ("GET", "/api/v1/namespaces/n/pods?x=1", Access("list", "", "pods", "n")),
        ("GET", "/api/v1/namespaces/n/pods/p", Access("get", "", "pods", "n", "p")),
        ("GET", "/api/v1/pods?watch=true&x=1", Access("watch", "", "pods")),
        ("GET", "/api/v1/pods?watch=false", Access("list", "", "pods")),
        ("GET", "/api/v1/namespaces", Access("list", "", "namespaces")),
        ("GET", "/api/v1/namespaces/n", Access("get", "", "namespaces", "n", "n")),
        ("POST", FEEDS, Access("create", "stockfeed.dev", "stockfeeds", "n")),
        ("PUT", f"{FEEDS}/us", Access("update", "stockfeed.dev", "stockfeeds", "n", "us")),
        (
            "PATCH",
            f"{FEEDS}/us/status?force=true",
            Access("patch", "stockfeed.dev", "stockfeeds/status", "n", "us"),
        ),
        ("DELETE", f"{FEEDS}/us", Access("delete", "stockfeed.dev", "stockfeeds", "n", "us")),
        ("DELETE", FEEDS, Access("deletecollection", "stockfeed.dev", "stockfeeds", "n")),
        ("GET", "/apis/stockfeed.dev/v1alpha1", None),
        ("GET", "/api/v1", None),
        ("GET", "/version", None),
    ],
)
def test_request_maps_to_access(method: str, path: str, access: Access | None) -> None:
    assert access_of(Request(method, path, None, None)) == access


def test_apply_of_a_new_object_needs_create() -> None:
    recorder = Recorder(ApiServer(InMemoryCluster()))
    owner = {
        "apiVersion": "stockfeed.dev/v1alpha1",
        "kind": "StockFeed",
        "name": "us",
        "uid": "u",
        "blockOwnerDeletion": True,
    }
    group = "rbac.authorization.k8s.io"
    body: dict[str, Any] = {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "n", "ownerReferences": [owner]},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "r"},
    }
    path = f"/apis/{group}/v1/namespaces/n/rolebindings/b"
    request = Request("PATCH", path, "application/apply-patch+yaml", body)

    recorder(request)
    patch = Access("patch", group, "rolebindings", "n", "b")
    bind = Access("bind", group, "clusterroles", "n", "r")
    create = Access("create", group, "rolebindings", "n", "b")
    block = Access("update", "stockfeed.dev", "stockfeeds/finalizers", "n", "us")
    assert recorder.accesses == {patch, bind, create, block}

    recorder.accesses.clear()
    recorder(request)
    assert recorder.accesses == {patch, bind}


@pytest.mark.parametrize(
    ("right", "allowed"),
    [
        (Right("get", "", "pods"), True),
        (Right("get", "", "pods", "n", "p"), True),
        (Right("list", "", "pods"), False),
        (Right("get", "apps", "pods"), False),
        (Right("get", "", "pods/log"), False),
        (Right("get", "", "pods", "m"), False),
        (Right("get", "", "pods", "n", "q"), False),
    ],
)
def test_right_allows_matching_access(right: Right, allowed: bool) -> None:
    assert right.allows(Access("get", "", "pods", "n", "p")) is allowed


def test_rights_come_from_the_subjects_bindings() -> None:
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["p"]}
    objects: list[dict[str, Any]] = [
        {"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [rule]},
        {"kind": "Role", "metadata": {"name": "r", "namespace": "n"}, "rules": []},
        _binding("RoleBinding", {"name": "b", "namespace": "n"}, "ClusterRole", ACCOUNT),
        _binding("RoleBinding", {"name": "c", "namespace": "n"}, "Role", ACCOUNT),
        _binding("ClusterRoleBinding", {"name": "b"}, "ClusterRole", {**ACCOUNT, "name": "x"}),
    ]
    assert rights_of(ACCOUNT, objects) == [Right("get", "", "pods", "n", "p")]


def _binding(
    kind: str, metadata: dict[str, str], role: str, subject: dict[str, str]
) -> dict[str, Any]:
    reference = {"kind": role, "name": "r"}
    return {"kind": kind, "metadata": metadata, "roleRef": reference, "subjects": [subject]}
