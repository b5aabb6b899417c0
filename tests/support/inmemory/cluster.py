"""A Kubernetes cluster in memory, for `stockfeed_operator.kube.api.Cluster`.

It implements resourceVersion, generation, uid preconditions, finalizers, garbage collection by
owner reference, and the field ownership of server-side apply. `settle` plays the controllers.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from stockfeed.contract.times import format_rfc3339
from stockfeed_operator.kube.api import FIELD_MANAGER, DrainStatus, Event
from stockfeed_operator.kube.errors import (
    ConflictError,
    InvalidObjectError,
    NamespaceTerminatingError,
)
from stockfeed_operator.kube.kinds import DEPLOYMENT, FEED, POD, Key, Kind, Manifest, key_of
from support.inmemory.merge import copied, merged, owned_fields, without

NAMESPACE = "markets"
START = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
"""A Wednesday, in the middle of the New York session."""

_AUTOSCALER = "kube-controller-manager"


def _everything_landed(pod: Manifest) -> DrainStatus | None:
    return DrainStatus(drained=True, lag=0, buffered=0, partitions=frozenset(range(100)))


@dataclass
class InMemoryCluster:
    """A cluster with one namespace.

    Attributes:
        now: the cluster's time.
        objects: the stored objects.
        missing: kinds whose CRD is not installed.
        writes: all writes in order, as `verb Kind name`.
        events: all recorded events in order.
        answer: returns the drain status of a consumer pod; None if the pod does not answer.
        phase: the phase that Workflows reach; None leaves them running.
        refuse: names of objects that the API server rejects.
        terminating: whether the namespace is being deleted, so that nothing can be created.
        before_write: called before each write; may raise.
    """

    now: datetime = START
    objects: dict[Key, Manifest] = field(default_factory=dict)
    missing: set[Kind] = field(default_factory=set)
    writes: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    answer: Callable[[Manifest], DrainStatus | None] = _everything_landed
    phase: str | None = "Succeeded"
    refuse: set[str] = field(default_factory=set)
    terminating: bool = False
    before_write: Callable[[str], None] = lambda write: None
    _applied: dict[str, Manifest] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # Calls of the operator

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        return copied(self.objects.get(Key(kind.kind, name)))

    def list(
        self, kind: Kind, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest] | None:
        if kind in self.missing:
            return None
        return [
            copied(found)
            for key, found in [*self.objects.items()]  # a copy: a test may delete objects meanwhile
            if key.kind == kind.kind and labels.items() <= _labels(found).items()
        ]

    def apply(self, manifest: Manifest) -> Manifest:
        key = key_of(manifest)
        if key.name in self.refuse:
            raise InvalidObjectError(f"{key.name} is invalid")
        self._write(f"apply {key.kind} {key.name}")
        live = self.objects.get(key)
        if live is None and self.terminating:
            raise NamespaceTerminatingError(f"{NAMESPACE} is being terminated")
        if live is None:
            return copied(self.create(manifest, manager=FIELD_MANAGER))
        if live.get("roleRef") != manifest.get("roleRef"):
            raise InvalidObjectError("cannot change roleRef")
        before = self._applied.get(live["metadata"]["uid"])
        changed = merged(without(live, before, manifest), manifest)
        self._applied[live["metadata"]["uid"]] = copied(manifest)
        self._replace(live, changed)
        others = [
            entry
            for entry in live["metadata"]["managedFields"]
            if entry["manager"] == _AUTOSCALER and "replicas" not in manifest.get("spec", {})
        ]
        own = {"manager": FIELD_MANAGER, "fieldsV1": owned_fields(manifest)}
        live["metadata"]["managedFields"] = [own, *others]
        return copied(live)

    def delete(self, manifest: Manifest) -> None:
        key = key_of(manifest)
        self._write(f"delete {key.kind} {key.name}")
        live = self.objects.get(key)
        if live is None:
            return
        if live["metadata"]["uid"] != manifest["metadata"]["uid"]:
            raise ConflictError("another object has this name now")
        self.remove(key)

    def set_status(self, feed: Manifest, status: Manifest) -> None:
        self._write(f"status {feed['metadata']['name']}")
        live = self.objects.get(key_of(feed))
        if live is not None:
            live["status"] = copied(status)
            self._bump(live)

    def set_finalizers(self, feed: Manifest, finalizers: Sequence[str]) -> None:
        self._write(f"finalizers {feed['metadata']['name']}")
        live = self.objects[key_of(feed)]
        if live["metadata"]["resourceVersion"] != feed["metadata"]["resourceVersion"]:
            raise ConflictError("the feed has changed")
        live["metadata"]["finalizers"] = [*finalizers]
        self._bump(live)
        if "deletionTimestamp" in live["metadata"] and not finalizers:
            self._forget(key_of(feed))

    def drain_status(self, pod: Manifest) -> DrainStatus | None:
        return self.answer(pod)

    def record_event(self, feed: Manifest, event: Event) -> None:
        self.events.append(event)

    # Actions of users and other programs

    def create(self, manifest: Manifest, manager: str = "kubectl") -> Manifest:
        made = copied(manifest)
        made["metadata"] |= {
            "uid": f"uid-{next(self._numbers)}",
            "generation": 1,
            "creationTimestamp": format_rfc3339(self.now, "seconds"),
            "managedFields": [{"manager": manager, "fieldsV1": owned_fields(manifest)}],
        }
        made["metadata"].setdefault("namespace", NAMESPACE)
        if manager == FIELD_MANAGER:
            self._applied[made["metadata"]["uid"]] = copied(manifest)
        self._bump(made)
        self.objects[key_of(made)] = made
        return made

    def edit(self, kind: Kind, name: str, change: Callable[[Manifest], None]) -> None:
        live = self.objects[Key(kind.kind, name)]
        changed = copied(live)
        change(changed)
        self._replace(live, changed)

    def scale(self, name: str, replicas: int) -> None:
        """Scales a Deployment as an autoscaler does: it becomes the only owner of the replicas."""
        live = self.objects[Key("Deployment", name)]
        self.edit(DEPLOYMENT, name, lambda changed: changed["spec"].update(replicas=replicas))
        self._applied[live["metadata"]["uid"]]["spec"].pop("replicas", None)
        fields: Manifest = {"f:spec": {"f:replicas": {}}}
        live["metadata"]["managedFields"].append({"manager": _AUTOSCALER, "fieldsV1": fields})

    def remove(self, key: Key) -> None:
        live = self.objects[key]
        if live["metadata"].get("finalizers"):
            live["metadata"].setdefault("deletionTimestamp", format_rfc3339(self.now, "seconds"))
            self._bump(live)
        else:
            self._forget(key)

    # Actions of controllers

    def settle(self, seconds: float = 1.0) -> None:
        """Advances the time and lets the controllers act."""
        self.now += timedelta(seconds=seconds)
        for key, found in list(self.objects.items()):
            if key.kind == "Deployment":
                self._run_pods(found)
            elif key.kind == "KafkaTopic":
                found["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}
            elif key.kind == "Workflow" and self.phase is not None:
                self._finish(found, self.phase)
        self._end_orphans()

    def _run_pods(self, deployment: Manifest) -> None:
        replicas = deployment["spec"].get("replicas", 1)
        deployment["status"] = {
            "observedGeneration": deployment["metadata"]["generation"],
            "readyReplicas": replicas,
            "updatedReplicas": replicas,
        }
        wanted = {f"{deployment['metadata']['name']}-{number}" for number in range(replicas)}
        for name in wanted:
            if Key(POD.kind, name) not in self.objects:
                self.create(_pod(name, deployment))
        for key, found in list(self.objects.items()):
            if key.kind == POD.kind and _owned_by(found, deployment) and key.name not in wanted:
                del self.objects[key]

    def _finish(self, workflow: Manifest, phase: str) -> None:
        if "finishedAt" not in workflow.get("status", {}):
            outputs = [{"name": "files", "value": "2"}, {"name": "rows", "value": "10"}]
            workflow["status"] = {
                "phase": phase,
                "finishedAt": format_rfc3339(self.now, "seconds"),
                "outputs": {"parameters": outputs},
            }

    def _end_orphans(self) -> None:
        alive = {found["metadata"]["uid"] for found in self.objects.values()}
        for key, found in list(self.objects.items()):
            owners = found["metadata"].get("ownerReferences", [])
            if owners and not any(owner["uid"] in alive for owner in owners):
                self.objects.pop(key, None)

    def _forget(self, key: Key) -> None:
        del self.objects[key]
        if key.kind == FEED.kind:
            self._end_orphans()

    def _replace(self, live: Manifest, changed: Manifest) -> None:
        if changed == live:
            return
        if changed.get("spec") != live.get("spec"):
            changed["metadata"]["generation"] += 1
        live.clear()
        live.update(changed)
        self._bump(live)

    def _bump(self, live: Manifest) -> None:
        live["metadata"]["resourceVersion"] = str(next(self._numbers))

    def _write(self, write: str) -> None:
        self.before_write(write)
        self.writes.append(write)

    def names(self, kind: Kind) -> set[str]:
        """Returns the names of all objects of a kind."""
        return {key.name for key in self.objects if key.kind == kind.kind}


def _pod(name: str, deployment: Manifest) -> Manifest:
    owner = {"kind": "Deployment", **_reference(deployment), "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": deployment["spec"]["template"]["metadata"]["labels"],
            "ownerReferences": [owner],
        },
        "status": {"phase": "Running", "podIP": "10.0.0.1"},
    }


def _reference(owner: Manifest) -> dict[str, Any]:
    return {"name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}


def _owned_by(found: Manifest, owner: Manifest) -> bool:
    owners = found["metadata"].get("ownerReferences", [])
    return any(reference["uid"] == owner["metadata"]["uid"] for reference in owners)


def _labels(manifest: Manifest) -> dict[str, str]:
    return manifest["metadata"].get("labels") or {}
