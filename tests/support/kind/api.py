"""The part of Kubernetes' HTTP API that the real kubectl needs to run the scripts' commands."""

from collections.abc import Callable
from typing import Any, Final

from support.inmemory.http import Request

Manifest = dict[str, Any]

# The kinds that the scripts use, by group/version and plural.
_KINDS: Final = {
    "v1": {
        "events": "Event",
        "namespaces": "Namespace",
        "nodes": "Node",
        "pods": "Pod",
        "secrets": "Secret",
        "services": "Service",
        "configmaps": "ConfigMap",
    },
    "apps/v1": {"deployments": "Deployment", "statefulsets": "StatefulSet"},
    "argoproj.io/v1alpha1": {"workflows": "Workflow", "cronworkflows": "CronWorkflow"},
    "kafka.strimzi.io/v1": {
        "kafkas": "Kafka",
        "kafkanodepools": "KafkaNodePool",
        "kafkatopics": "KafkaTopic",
    },
    "monitoring.coreos.com/v1": {"prometheuses": "Prometheus"},
    "stockfeed.dev/v1alpha1": {"stockfeeds": "StockFeed"},
}
_CLUSTER_SCOPED: Final = {"namespaces", "nodes"}


class Api:
    """Serves `objects`, and stores objects that clients create or patch.

    Attributes:
        objects: by namespace ("" if there is none), plural and name.
        logs: the logs of pods, by name.
        written: called with each object that a client writes.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Manifest] = {}
        self.logs: dict[str, str] = {}
        self.written: Callable[[Manifest], None] = lambda _: None

    def add(self, plural: str, namespace: str, name: str, **parts: Any) -> Manifest:
        """Adds an object and returns it."""
        version = next(version for version, kinds in _KINDS.items() if plural in kinds)
        metadata = {"name": name, "generation": 1, "resourceVersion": "1", "uid": name}
        metadata["creationTimestamp"] = "2026-11-22T23:36:00Z"
        if namespace:
            metadata["namespace"] = namespace
        metadata |= parts.pop("metadata", {})
        kind = _KINDS[version][plural]
        made = {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}
        self.objects[namespace, plural, name] = made
        return made

    def __call__(self, request: Request) -> tuple[int, Any]:
        """Returns the response's status and body."""
        path, _, query = request.path.partition("?")
        parts = path.strip("/").split("/")
        told = _discovery(parts)
        return (200, told) if told is not None else self._about_objects(request, parts, query)

    def _about_objects(self, request: Request, parts: list[str], query: str) -> tuple[int, Any]:
        match parts:
            case [*_, "namespaces", _, "pods", name, "log"]:
                return 200, self.logs.get(name, "")
            case [*_, "namespaces", namespace, plural]:
                return self._collection(request, namespace, plural, query)
            case [*_, "namespaces", namespace, plural, name]:
                return self._one(request, (namespace, plural, name))
            case [*_, plural] if plural in _plurals():
                return self._collection(request, None, plural, query)
        return self._one(request, ("", parts[-2], parts[-1]))

    def _one(self, request: Request, key: tuple[str, str, str]) -> tuple[int, Any]:
        if key not in self.objects:
            return _not_found(f'{key[1]} "{key[2]}"')
        if request.method == "PATCH":
            self.objects[key].setdefault("spec", {}).update(request.body.get("spec", {}))
            self.written(self.objects[key])
        return 200, self.objects[key]

    def _collection(
        self, request: Request, namespace: str | None, plural: str, query: str
    ) -> tuple[int, Any]:
        if request.method == "POST":
            body = request.body
            parts = {"metadata": body["metadata"], "spec": body.get("spec", {})}
            made = self.add(plural, namespace or "", body["metadata"]["name"], **parts)
            self.written(made)
            return 201, made
        if "watch=" in query:
            # The client responds to this by listing again.
            return 200, {"type": "ERROR", "object": {"kind": "Status", "code": 410}}
        name = query.partition("metadata.name%3D")[2].partition("&")[0]
        items = [
            item
            for (place, kind, called), item in self.objects.items()
            if kind == plural and place == (namespace or place) and called == (name or called)
        ]
        version = next(version for version, kinds in _KINDS.items() if plural in kinds)
        kind = f"{_KINDS[version][plural]}List"
        metadata = {"resourceVersion": "1"}
        return 200, {"apiVersion": version, "kind": kind, "metadata": metadata, "items": items}


def _not_found(what: str) -> tuple[int, Manifest]:
    stamp = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound"}
    return 404, {**stamp, "message": f"{what} not found", "code": 404}


def _plurals() -> set[str]:
    return {plural for kinds in _KINDS.values() for plural in kinds}


def _groups() -> Manifest:
    groups = []
    for version in _KINDS:
        group, _, number = version.rpartition("/")
        if group:
            served = {"groupVersion": version, "version": number}
            groups.append({"name": group, "versions": [served], "preferredVersion": served})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def _resources(version: str) -> Manifest:
    resources = [
        {
            "name": plural,
            "singularName": kind.lower(),
            "kind": kind,
            "namespaced": plural not in _CLUSTER_SCOPED,
            "verbs": ["create", "get", "list", "patch", "watch"],
        }
        for plural, kind in _KINDS[version].items()
    ]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": version,
        "resources": resources,
    }


def _discovery(parts: list[str]) -> Manifest | None:
    """Returns the response to a discovery request; None if the request is for objects."""
    match parts:
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        case ["apis"]:
            return _groups()
        case ["openapi", "v3"]:
            return {"paths": dict(map(_schema_address, _KINDS))}
        case ["openapi", "v3", *_]:
            return _openapi()
        case ["api" | "apis", *rest] if "/".join(rest) in _KINDS:
            return _resources("/".join(rest))
    return None


def _schema_address(version: str) -> tuple[str, Manifest]:
    path = f"{'apis' if '/' in version else 'api'}/{version}"
    return path, {"serverRelativeURL": f"/openapi/v3/{path}"}


def _openapi() -> Manifest:
    """Declares for every kind that the server validates fields, so that kubectl need not."""
    paths = {}
    for version, kinds in _KINDS.items():
        group, _, number = version.rpartition("/")
        for kind in kinds.values():
            stamp = {"group": group, "version": number, "kind": kind}
            parameter = {"name": "fieldValidation", "in": "query"}
            patch = {"x-kubernetes-group-version-kind": stamp, "parameters": [parameter]}
            paths[f"/{version}/{kind}"] = {"patch": patch | {"responses": {}}}
    return {"openapi": "3.0.0", "info": {"title": "", "version": ""}, "paths": paths}
