"""Applies the desired state to the cluster and prunes objects that are no longer wanted.

An object is written only if its manifest has changed since the last apply, which a hash in an
annotation shows, or if a live field differs from the manifest.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from stockfeed_operator.kube.api import Cluster
from stockfeed_operator.kube.diff import contains
from stockfeed_operator.kube.errors import (
    ClusterError,
    ConflictError,
    FailedRequestError,
    ForbiddenError,
    InvalidObjectError,
    NamespaceTerminatingError,
)
from stockfeed_operator.kube.kinds import (
    ROLE_BINDING,
    TOPIC,
    WORKFLOW,
    Key,
    Manifest,
    key_of,
    kind_of,
)
from stockfeed_operator.plan.dependencies import idle, needs
from stockfeed_operator.plan.desired import Desired
from stockfeed_operator.plan.observe import Observed
from stockfeed_operator.plan.ownership import controller_of, owns, refusal
from stockfeed_operator.spec.feed import GROUP

RECONCILE_FAILED: Final = "ReconcileFailed"
"""Reason for an object whose write failed and may succeed later."""

# Errors that concern one object only. A webhook may answer with any status code, 409 included.
_PROBLEMS: Final = (InvalidObjectError, ForbiddenError, FailedRequestError, ConflictError)

_log = structlog.get_logger()

HASH_ANNOTATION: Final = f"{GROUP}/applied-hash"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an object could not be applied.

    Attributes:
        reason: CamelCase condition reason.
        message: condition message for people.
    """

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of `apply`.

    Attributes:
        written: keys of the objects that were written.
        problems: the objects that could not be written.
    """

    written: tuple[Key, ...] = ()
    problems: tuple[Problem, ...] = ()


def apply(
    cluster: Cluster, observed: Observed, desired: Desired, on_repair: Callable[[Key], None]
) -> Applied:
    """Writes the objects that differ from the desired state.

    An object becomes a problem if the API server rejects it or fails to write it, or if it belongs
    to another owner; the remaining objects are applied. Objects that need one of another owner,
    e.g. Deployments their ServiceAccount, are not created, and are stopped if they exist.

    Args:
        cluster: the cluster.
        observed: the feed's observed state.
        desired: the desired state.
        on_repair: called with the key of each object that another controller or user had changed
            or deleted. It is called right after the write: if the reconcile fails later, the next
            one no longer sees the drift.

    Raises:
        NamespaceTerminatingError: the feed is being deleted, and so is its namespace.
        ClusterError: the API server cannot be reached.
    """
    written: list[Key] = []
    problems: list[Problem] = []
    taken: set[Key] = set()
    for wanted in desired.manifests:
        if kind_of(wanted) in observed.missing:
            continue  # TopicsReady and LoadHealthy report missing CRDs
        live = _live(cluster, observed, wanted)
        manifest = wanted if taken.isdisjoint(needs(wanted, desired.manifests)) else idle(wanted)
        if manifest is None or (manifest is not wanted and live is None):
            continue  # nothing may run with an object of others
        key, hashed = key_of(manifest), _hashed(manifest)
        if live is not None and not owns(observed.name, observed.uid, live):
            problems.append(Problem("NameTaken", refusal(observed.name, live)))
            taken.add(key)
        elif live is None or _differs(live, hashed):
            try:
                if live is not None and _is_bound_elsewhere(live, manifest):
                    cluster.delete(live)
                cluster.apply(hashed)
            except _PROBLEMS as error:
                if observed.deleting and isinstance(error, NamespaceTerminatingError):
                    raise
                problems.append(_not_written(key, error))
                continue
            written.append(key)
            if _was_applied(observed, live, hashed):
                on_repair(key)
    return Applied(tuple(written), tuple(problems))


def prune(cluster: Cluster, observed: Observed, desired: Desired) -> tuple[Key, ...]:
    """Deletes objects that the feed owns but no longer needs, and its deletable topics.

    Returns:
        the keys of the deleted objects.

    Raises:
        ClusterError: an object could not be deleted; all others are.
    """
    wanted = {key_of(manifest) for manifest in desired.manifests} | desired.retained
    gone = [
        (key, manifest)
        for key, manifest in observed.objects.items()
        if key not in wanted and _may_delete(observed, desired, key, manifest)
    ]
    errors: list[ClusterError] = []
    for _, manifest in gone:
        try:
            cluster.delete(manifest)
        except _PROBLEMS as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return tuple(key for key, _ in gone)


def _live(cluster: Cluster, observed: Observed, manifest: Manifest) -> Manifest | None:
    """Returns the live object with the manifest's name, whether or not it has the feed's label."""
    if kind_of(manifest) is WORKFLOW:
        found = [other for other in observed.workflows if key_of(other) == key_of(manifest)]
        return found[0] if found else None
    live = observed.objects.get(key_of(manifest))
    if live is not None:
        return live
    metadata = manifest["metadata"]
    # An object without the feed's label is not among those listed. A forced apply would take it
    # over, so its owner has to be checked first.
    return cluster.get(kind_of(manifest), metadata["namespace"], metadata["name"])


def _not_written(key: Key, error: ClusterError) -> Problem:
    if isinstance(error, InvalidObjectError | ForbiddenError):
        reason = "Rejected" if isinstance(error, InvalidObjectError) else "Forbidden"
        return Problem(reason, f"{key.kind} {key.name}: {error}")
    # The text may differ at each try; a status that changes each time would cause another try.
    _log.warning("not applied", kind=key.kind, name=key.name, error=str(error))
    answer = error.answer if isinstance(error, FailedRequestError) else "409"
    text = (
        f"{key.kind} {key.name}: the API server failed to write it ({answer}), e.g. because of an "
        "admission webhook; the operator's log has the details, and it tries again"
    )
    return Problem(RECONCILE_FAILED, text)


def _hashed(manifest: Manifest) -> Manifest:
    """Adds an annotation with the manifest's hash, to detect later changes of the manifest."""
    # Comparing fields alone would miss those that a new manifest no longer has: `contains` accepts
    # additional fields in the live object. An apply removes fields that the operator owned before.
    text = json.dumps(manifest, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), HASH_ANNOTATION: digest}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def _differs(live: Manifest, hashed: Manifest) -> bool:
    if kind_of(live) is WORKFLOW:
        return False  # a Workflow is never changed after its creation
    return not contains(live, hashed)


def _is_bound_elsewhere(live: Manifest, manifest: Manifest) -> bool:
    """Reports whether a RoleBinding refers to another role, e.g. of a previous installation.

    `roleRef` is immutable, so the RoleBinding has to be deleted and created again.
    """
    return kind_of(live) is ROLE_BINDING and live["roleRef"] != manifest["roleRef"]


def _was_applied(observed: Observed, live: Manifest | None, hashed: Manifest) -> bool:
    """Reports whether the operator has applied this manifest before, so the difference is drift."""
    if live is None:
        # An object that this generation of the feed had must have been deleted by others. Workflows
        # are an exception: Argo deletes them some time after they finish (ttlStrategy).
        reconciled = observed.status.observed_generation == observed.generation
        return reconciled and kind_of(hashed) is not WORKFLOW
    applied_hash = (live["metadata"].get("annotations") or {}).get(HASH_ANNOTATION)
    return bool(applied_hash == hashed["metadata"]["annotations"][HASH_ANNOTATION])


def _may_delete(observed: Observed, desired: Desired, key: Key, manifest: Manifest) -> bool:
    if kind_of(manifest) is TOPIC:
        return key in desired.deletable_topics
    # The feed's label does not suffice: anyone who may edit an object can set it.
    owner = controller_of(manifest)
    return owner is not None and owner.get("uid") == observed.uid
