"""Kubernetes' RBAC: what the API server asks its authorizer, and what roles let it answer.

Sources: `requestinfo.go` and `handlers/patch.go` of k8s.io/apiserver; of Kubernetes itself
`escalation_check.go` for bindings, and `gc_admission.go` for owners: an admission plugin that is
off by default, and on in OpenShift.
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
    """What a client wants to do.

    Attributes:
        verb: as in rules.
        group: the API group; empty for the core.
        resource: the plural, with `/` and the subresource if there is one.
        namespace: empty for the whole cluster.
        name: empty where the request names no object.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True, order=True)
class Right:
    """One verb on one resource, as a role and its binding give it.

    Attributes:
        verb: as in rules.
        group: the API group; empty for the core.
        resource: the plural, with `/` and the subresource if there is one.
        namespace: where it holds; empty: everywhere.
        name: for which object; empty: for all.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def allows(self, access: Access) -> bool:
        """Whether the right covers the access."""
        same = (self.verb, self.group, self.resource) == (
            access.verb,
            access.group,
            access.resource,
        )
        return same and self.namespace in ("", access.namespace) and self.name in ("", access.name)


class Recorder:
    """Lets an ApiServer answer, and keeps what a real one would have asked its authorizer.

    Attributes:
        accesses: to objects.
        others: method and path of requests that are about no object.
    """

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self.accesses: set[Access] = set()
        self.others: set[tuple[str, str]] = set()

    def __call__(self, request: Request) -> tuple[int, object]:
        """Status and body of the answer."""
        access = access_of(request)
        if access is None:
            self.others.add((request.method, urlsplit(request.path).path))
            return self._server(request)
        self.accesses.add(access)
        status, answer = self._server(request)
        self.accesses.update(_further(access, request, status))
        return status, answer


def access_of(request: Request) -> Access | None:
    """What the request itself wants; None when it is about no object, as discovery is."""
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
    """What no request is made for: the API server asks it when it handles an apply."""
    if access.verb != "patch" or status >= 400:
        return
    if (access.group, access.resource) == (ROLE_BINDING.group, ROLE_BINDING.plural):
        # Else a binding could give its maker rights that the maker does not have.
        role = request.body["roleRef"]
        resource = f"{role['kind'].lower()}s"
        yield Access("bind", role["apiGroup"], resource, access.namespace, role["name"])
    if status == 201:
        yield replace(access, verb="create")
        for owner in request.body["metadata"].get("ownerReferences", ()):
            if owner.get("blockOwnerDeletion"):
                # It can hold up the owner's deletion, as a finalizer can.
                kind = kind_of(owner)
                resource = f"{kind.plural}/finalizers"
                yield Access("update", kind.group, resource, access.namespace, owner["name"])


def rights_of(subject: Manifest, objects: Sequence[Manifest]) -> list[Right]:
    """All that bindings give to a subject.

    Args:
        subject: as in bindings.
        objects: roles and bindings; others are passed over.
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
