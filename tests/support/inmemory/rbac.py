"""Kubernetes' RBAC: the access that the API server checks, and the rights that roles grant.

Sources: `requestinfo.go` and `handlers/patch.go` of k8s.io/apiserver; `escalation_check.go` of
Kubernetes for bindings, and `gc_admission.go` for owner references. The latter is an admission
plugin that is off by default, but on in OpenShift.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

from stockfeed_operator.kube.kinds import ROLE_BINDING, Manifest, kind_of
from support.inmemory.apiserver import ApiServer
from support.inmemory.http import Request

_VERBS: Final = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True, order=True)
class Access:
    """An action that a client requests.

    Attributes:
        verb: as in a role's rules.
        group: the API group; empty for the core group.
        resource: the plural, with `/` and the subresource if there is one.
        namespace: empty for the whole cluster.
        name: empty if the request names no object.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True, order=True)
class Right:
    """One verb on one resource, granted by a role and its binding.

    Attributes:
        verb: as in a role's rules.
        group: the API group; empty for the core group.
        resource: the plural, with `/` and the subresource if there is one.
        namespace: the namespace in which it applies; empty for all.
        name: the object to which it applies; empty for all.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def allows(self, access: Access) -> bool:
        """Returns whether the right covers the access."""
        same = (self.verb, self.group, self.resource) == (
            access.verb,
            access.group,
            access.resource,
        )
        return same and self.namespace in ("", access.namespace) and self.name in ("", access.name)


class Recorder:
    """Forwards requests to an ApiServer and records the access that a real one would check.

    Attributes:
        accesses: all accesses to objects.
        others: method and path of all requests that concern no object, such as discovery.
    """

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self.accesses: set[Access] = set()
        self.others: set[tuple[str, str]] = set()

    def __call__(self, request: Request) -> tuple[int, object]:
        """Returns the response's status and body."""
        access = access_of(request)
        if access is None:
            self.others.add((request.method, urlsplit(request.path).path))
            return self._server(request)
        self.accesses.add(access)
        status, answer = self._server(request)
        self.accesses.update(_further(access, request, status))
        return status, answer


def access_of(request: Request) -> Access | None:
    """Returns the access that a request needs; None if it concerns no object, such as discovery."""
    url = urlsplit(request.path)
    root, *parts = url.path.strip("/").split("/")
    groups = {"api": 0, "apis": 1}.get(root)
    if groups is None or len(parts) < groups + 2:
        return None
    group, parts = (parts[0] if groups else ""), parts[groups + 1 :]
    namespace = parts[1] if parts[0] == "namespaces" and len(parts) > 1 else ""
    parts = parts[2:] if len(parts) > 2 and namespace else parts
    resource, name, subresource = (*parts, "", "")[:3]
    verb = _verb(request.method, name, parse_qs(url.query))
    path = f"{resource}/{subresource}" if subresource else resource
    return Access(verb, group, path, namespace, name)


def _verb(method: str, name: str, query: dict[str, list[str]]) -> str:
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    if method == "GET" and not name:
        return "watch" if query.get("watch") in (["true"], ["1"]) else "list"
    return _VERBS[method]


def _further(access: Access, request: Request, status: int) -> Iterator[Access]:
    """Yields accesses that the API server checks while it handles an apply."""
    if access.verb != "patch" or status >= 400:
        return
    if (access.group, access.resource) == (ROLE_BINDING.group, ROLE_BINDING.plural):
        # Otherwise the creator of a binding could grant rights that the creator lacks.
        role = request.body["roleRef"]
        resource = f"{role['kind'].lower()}s"
        yield Access("bind", role["apiGroup"], resource, access.namespace, role["name"])
    if status == 201:
        yield replace(access, verb="create")
        for owner in request.body["metadata"].get("ownerReferences", ()):
            if owner.get("blockOwnerDeletion"):
                # A blocking owner reference can delay the owner's deletion, as a finalizer can.
                kind = kind_of(owner)
                resource = f"{kind.plural}/finalizers"
                yield Access("update", kind.group, resource, access.namespace, owner["name"])


def rights_of(subject: Manifest, objects: Sequence[Manifest]) -> list[Right]:
    """Returns all rights that bindings grant to a subject.

    Args:
        subject: as in a binding's subjects.
        objects: roles and bindings; other objects are ignored.
    """
    rules = {_place(part): part["rules"] for part in objects if part["kind"].endswith("Role")}
    return [
        Right(verb, group, resource, binding["metadata"].get("namespace", ""), name)
        for binding in objects
        if binding["kind"].endswith("RoleBinding") and subject in binding["subjects"]
        for rule in rules[_bound(binding)]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
    ]


def _place(role: Manifest) -> tuple[str, str, str]:
    metadata = role["metadata"]
    return role["kind"], metadata.get("namespace", ""), metadata["name"]


def _bound(binding: Manifest) -> tuple[str, str, str]:
    role = binding["roleRef"]
    namespace = binding["metadata"]["namespace"] if role["kind"] == "Role" else ""
    return role["kind"], namespace, role["name"]
