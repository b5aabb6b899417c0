"""Brings the cluster to what is desired: applies what differs, prunes what is not wanted.

An object is written only when it has to be: when what the operator wants has changed since it wrote
last (an annotation holds a hash of that), or when a field that it sets is not what it set.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from stockfeed_operator.kube.api import Cluster
from stockfeed_operator.kube.diff import contains
from stockfeed_operator.kube.errors import ForbiddenError, InvalidObjectError
from stockfeed_operator.kube.kinds import (
    ROLE_BINDING,
    TOPIC,
    WORKFLOW,
    Key,
    Manifest,
    key_of,
    kind_of,
)
from stockfeed_operator.manifests.metadata import FEED_LABEL
from stockfeed_operator.plan.desired import Desired
from stockfeed_operator.plan.observe import Observed
from stockfeed_operator.spec.feed import GROUP

HASH_ANNOTATION: Final = f"{GROUP}/applied-hash"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an object is not as desired, in a word for programs and in words for people."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did.

    Attributes:
        written: keys of the objects that were written.
        problems: what could not be written.
    """

    written: tuple[Key, ...] = ()
    problems: tuple[Problem, ...] = ()


def apply(
    cluster: Cluster, observed: Observed, desired: Desired, on_repair: Callable[[Key], None]
) -> Applied:
    """Writes what differs from what is desired.

    What the API server refuses becomes a problem, and the rest goes on.

    Args:
        cluster: the cluster.
        observed: what it shows of the feed.
        desired: what should be.
        on_repair: told at once of each object that was put back after somebody else had changed or
            deleted it: the next look finds nothing to repair there, even if this one fails later.

    Raises:
        ClusterError: the API server does not answer.
    """
    written: list[Key] = []
    problems: list[Problem] = []
    for manifest in desired.manifests:
        if kind_of(manifest) in observed.missing:
            continue  # the conditions tell
        key, hashed = key_of(manifest), _hashed(manifest)
        live = _live(cluster, observed, manifest)
        if live is not None and _foreign(observed, live):
            problems.append(_name_taken(live))
        elif live is None or _differs(live, hashed):
            try:
                if live is not None and _is_bound_elsewhere(live, manifest):
                    cluster.delete(live)
                cluster.apply(hashed)
            except (InvalidObjectError, ForbiddenError) as error:
                problems.append(_refused(key, error))
                continue
            written.append(key)
            if _was_applied(observed, live, hashed):
                on_repair(key)
    return Applied(tuple(written), tuple(problems))


def prune(cluster: Cluster, observed: Observed, desired: Desired) -> tuple[Key, ...]:
    """Deletes what the feed owns and no longer wants; topics only when they are given up."""
    wanted = {key_of(manifest) for manifest in desired.manifests} | desired.retained
    gone = [
        (key, manifest)
        for key, manifest in observed.objects.items()
        if key not in wanted and _may_go(observed, desired, key, manifest)
    ]
    for _, manifest in gone:
        cluster.delete(manifest)
    return tuple(key for key, _ in gone)


def _live(cluster: Cluster, observed: Observed, manifest: Manifest) -> Manifest | None:
    """The object that has the manifest's name, with the feed's label or without."""
    if kind_of(manifest) is WORKFLOW:
        found = [other for other in observed.workflows if key_of(other) == key_of(manifest)]
        return found[0] if found else None
    live = observed.objects.get(key_of(manifest))
    if live is not None:
        return live
    metadata = manifest["metadata"]
    return cluster.get(kind_of(manifest), metadata["namespace"], metadata["name"])


def _foreign(observed: Observed, live: Manifest) -> bool:
    """Whether the object is somebody else's, so that it must not be written."""
    metadata = live["metadata"]
    label = (metadata.get("labels") or {}).get(FEED_LABEL)
    if kind_of(live) is TOPIC:
        return label not in (None, observed.name)  # topics are adopted by name
    owner = _controller(live)
    return label != observed.name if owner is None else owner.get("uid") != observed.uid


def _controller(live: Manifest) -> dict[str, Any] | None:
    owners: Iterable[dict[str, Any]] = live["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def _name_taken(live: Manifest) -> Problem:
    key, owner = key_of(live), _controller(live)
    whose = "is not this feed's" if owner is None else f"belongs to {owner['kind']} {owner['name']}"
    text = f"{key.kind} {key.name} {whose}; delete or rename it, or give the feed another name"
    return Problem("NameTaken", text)


def _refused(key: Key, error: InvalidObjectError | ForbiddenError) -> Problem:
    reason = "Rejected" if isinstance(error, InvalidObjectError) else "Forbidden"
    return Problem(reason, f"{key.kind} {key.name}: {error}")


def _hashed(manifest: Manifest) -> Manifest:
    """The manifest with a hash of itself, which tells later whether the operator wants the same."""
    text = json.dumps(manifest, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), HASH_ANNOTATION: digest}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def _differs(live: Manifest, hashed: Manifest) -> bool:
    if kind_of(live) is WORKFLOW:
        return False  # once started, a run is what it is
    return not contains(live, hashed)


def _is_bound_elsewhere(live: Manifest, manifest: Manifest) -> bool:
    """Whether it binds another role, e.g. a former installation's: that alone cannot be changed."""
    return kind_of(live) is ROLE_BINDING and live["roleRef"] != manifest["roleRef"]


def _was_applied(observed: Observed, live: Manifest | None, hashed: Manifest) -> bool:
    """Whether the object had been what it should be, so that somebody must have changed it."""
    if live is None:
        said = observed.status.observed_generation == observed.generation
        return said and kind_of(hashed) is not WORKFLOW
    known = (live["metadata"].get("annotations") or {}).get(HASH_ANNOTATION)
    return bool(known == hashed["metadata"]["annotations"][HASH_ANNOTATION])


def _may_go(observed: Observed, desired: Desired, key: Key, manifest: Manifest) -> bool:
    if kind_of(manifest) is TOPIC:
        return key in desired.deletable_topics
    owner = _controller(manifest)
    return owner is not None and owner.get("uid") == observed.uid
