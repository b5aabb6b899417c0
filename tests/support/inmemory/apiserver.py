"""Kubernetes' HTTP API for the in-memory cluster, as far as the operator and kopf use it."""

import itertools
import threading
import time
import zlib
from typing import Any, Final
from urllib.parse import parse_qs

from stockfeed_operator.kube.errors import ConflictError
from stockfeed_operator.kube.kinds import EVENT, FEED, MANAGED, POD, Key, Kind, Manifest
from support.inmemory.cluster import NAMESPACE, InMemoryCluster
from support.inmemory.http import Request

_KINDS: Final = {kind.plural: kind for kind in (FEED, POD, EVENT, *MANAGED)}
_CRDS: Final = Kind(
    "apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions"
)
_NAMESPACES: Final = Kind("v1", "Namespace", "namespaces")
_APPLY: Final = "application/apply-patch+yaml"
_WATCH_SECONDS: Final = 30.0
_PEEK_SECONDS: Final = 0.05
_VERBS: Final = ["get", "list", "watch", "create", "patch", "delete"]


class ApiServer:
    """Serves the cluster's objects, and Leases.

    Attributes:
        watches: whether a watch is open now, by the kind's plural name. kopf can miss a signal to
            stop while it restarts a watch.
        selectors: the label selectors of all watches so far, by the kind's plural name.

    Args:
        cluster: the stored objects.
    """

    def __init__(self, cluster: InMemoryCluster) -> None:
        self.cluster = cluster
        self.leases: dict[str, Manifest] = {}
        self.watches: dict[str, bool] = {}
        self.selectors: dict[str, set[str]] = {}
        self._lock = threading.Lock()
        self._lease_versions = itertools.count(1)

    def __call__(self, request: Request) -> tuple[int, Any]:
        """Returns the response's status and body."""
        path, _, query = request.path.partition("?")
        parts = path.strip("/").split("/")
        if "watch=true" in query:
            # kopf responds to this by listing again, so it sees every change at once.
            asked = parse_qs(query)
            self.selectors.setdefault(parts[-1], set()).add(asked.get("labelSelector", [""])[0])
            self._wait_for_change(parts[-1], asked["resourceVersion"][0])
            return 200, {"type": "ERROR", "object": {"kind": "Status", "code": 410}}
        with self._lock:
            if "leases" in parts:
                return self._lease(request, parts)
            if "namespaces" not in parts or parts[-1] == "namespaces":
                return self._clusterwide(parts, query)
            return self._namespaced(request, parts, query)

    def _wait_for_change(self, plural: str, version: str) -> None:
        deadline = time.monotonic() + _WATCH_SECONDS
        while self._version(plural) == version and time.monotonic() < deadline:
            self.watches[plural] = True
            time.sleep(_PEEK_SECONDS)
        self.watches[plural] = False

    def _version(self, plural: str) -> str:
        """Returns a text that changes with every change to the kind's objects."""
        kind = _KINDS.get(plural)
        found = () if kind is None else self.cluster.list(kind, "", {}) or ()
        names = [(item["metadata"]["name"], item["metadata"]["resourceVersion"]) for item in found]
        return str(1 + zlib.crc32(repr(sorted(names)).encode()))

    def _clusterwide(self, parts: list[str], query: str) -> tuple[int, Any]:
        if parts == ["api"]:
            return 200, {"versions": ["v1"]}
        if parts == ["apis"]:
            return 200, {"groups": [_group(kind) for kind in self._known() if kind.group]}
        found = [kind for kind in self._known() if "/".join(parts[1:]) == kind.api_version]
        if found:
            return 200, {"resources": [_resource(kind) for kind in found]}
        if parts[-1] in _KINDS:
            return self._listed(_KINDS[parts[-1]], query)
        names = [NAMESPACE] if parts[-1] == _NAMESPACES.plural else []
        items = [{"metadata": {"name": name, "uid": name}} for name in names]
        return 200, {"items": items, "metadata": {"resourceVersion": self._version(parts[-1])}}

    def _known(self) -> list[Kind]:
        everything = [*_KINDS.values(), _CRDS, _NAMESPACES]
        return [kind for kind in everything if kind not in self.cluster.missing]

    def _namespaced(self, request: Request, parts: list[str], query: str) -> tuple[int, Any]:
        namespace, plural, *rest = parts[parts.index("namespaces") + 1 :]
        kind = _KINDS[plural]
        if kind in self.cluster.missing:
            return 404, {"message": "the server could not find the requested resource"}
        if not rest:
            return (201, request.body) if request.method == "POST" else self._listed(kind, query)
        live = self.cluster.get(kind, namespace, rest[0])
        if request.method == "GET":
            return (404, {}) if live is None else (200, live)
        try:
            return self._written(request, kind, live, rest)
        except ConflictError as error:
            return 409, {"message": str(error)}

    def _written(
        self, request: Request, kind: Kind, live: Manifest | None, rest: list[str]
    ) -> tuple[int, Any]:
        if request.content_type == _APPLY and not rest[1:]:
            return (201 if live is None else 200), self.cluster.apply(request.body)
        if live is None:
            return 404, {}
        if request.method == "DELETE":
            self.cluster.delete(live)
        elif rest[1:] == ["status"]:
            self.cluster.set_status(live, request.body["status"])
        else:
            self.cluster.set_finalizers(live, request.body["metadata"]["finalizers"])
        return 200, self.cluster.objects.get(Key(kind.kind, rest[0]), {})

    def _listed(self, kind: Kind, query: str) -> tuple[int, Any]:
        version = self._version(kind.plural)  # taken before the list, so that no change is missed
        selector = parse_qs(query).get("labelSelector", [""])[0]
        items = [
            {name: part for name, part in item.items() if name not in ("apiVersion", "kind")}
            for item in self.cluster.list(kind, "", {}) or ()
            if _selected(item, selector)
        ]
        stamp = {"apiVersion": kind.api_version, "kind": f"{kind.kind}List"}
        return 200, {**stamp, "metadata": {"resourceVersion": version}, "items": items}

    def _lease(self, request: Request, parts: list[str]) -> tuple[int, Any]:
        if request.method == "GET":
            lease = self.leases.get(parts[-1])
            return (404, {"code": 404}) if lease is None else (200, lease)
        name = request.body["metadata"]["name"]
        stored = self.leases.get(name, {"metadata": {}})["metadata"].get("resourceVersion")
        if request.body["metadata"].get("resourceVersion") != stored:
            return 409, {"code": 409, "message": "the object has been modified"}
        return 200, self._keep(name, request.body)

    def _keep(self, name: str, lease: Manifest) -> Manifest:
        version = {"resourceVersion": str(next(self._lease_versions))}
        self.leases[name] = {**lease, "metadata": {**lease["metadata"], **version}}
        return self.leases[name]

    def give_lease(self, name: str, holder: str) -> None:
        """Makes another process the holder of a Lease; earlier readers' writes then conflict."""
        with self._lock:
            lease = self.leases[name]
            self._keep(name, {**lease, "spec": {**lease["spec"], "holderIdentity": holder}})


def _selected(item: Manifest, selector: str) -> bool:
    """Returns whether the item has every label of the selector, with its value if one is given."""
    labels = item["metadata"].get("labels") or {}
    wanted = [part.partition("=") for part in selector.split(",") if part]
    return all(
        name in labels and (not equals or labels[name] == value) for name, equals, value in wanted
    )


def _group(kind: Kind) -> dict[str, Any]:
    version = {"groupVersion": kind.api_version, "version": kind.version}
    return {"name": kind.group, "versions": [version], "preferredVersion": version}


def _resource(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.plural,
        "singularName": kind.kind.lower(),
        "kind": kind.kind,
        "namespaced": kind not in (_CRDS, _NAMESPACES),
        "verbs": _VERBS,
    }
