"""Finds out why pods do not run, and explains it in a message for users."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from stockfeed_operator.kube.kinds import Manifest
from stockfeed_operator.manifests.secrets import named_in

_IMAGE_REASONS: Final = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
)
_CREATE_REASONS: Final = frozenset({"CreateContainerConfigError", "CreateContainerError"})
_MESSAGE_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class PodProblem:
    """Reason and message of a problem, for a condition."""

    reason: str
    message: str


def find_pod_problem(pods: Iterable[Manifest]) -> PodProblem | None:
    """Returns the first problem by pod name; pods that are being deleted are ignored."""
    for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["name"])):
        # A pod that is being replaced may end with an error, which says nothing about its
        # successor.
        if "deletionTimestamp" in pod["metadata"]:
            continue
        found = _unschedulable(pod) or _container_problem(pod)
        if found is not None:
            return found
    return None


def replica_failure(deployment: Manifest | None) -> PodProblem | None:
    """Returns why pods of a Deployment cannot be created, e.g. a quota or Pod Security."""
    status = {} if deployment is None else deployment.get("status", {})
    for condition in status.get("conditions") or ():
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            text = condition.get("message", "")[:_MESSAGE_LIMIT]
            return PodProblem(condition.get("reason") or "ReplicaFailure", text)
    return None


def termination_messages(pods: Iterable[Manifest]) -> str:
    """Returns the termination messages of failed containers."""
    texts = [
        text
        for pod in pods
        for status in _statuses(pod)
        if (text := _terminated(status).get("message", "").strip())
        and _terminated(status).get("exitCode") != 0
    ]
    return "; ".join(texts)[:_MESSAGE_LIMIT]


def _unschedulable(pod: Manifest) -> PodProblem | None:
    for condition in pod.get("status", {}).get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return PodProblem("Unschedulable", f"{_name(pod)}: {condition.get('message', '')}")
    return None


def _container_problem(pod: Manifest) -> PodProblem | None:
    for status in _statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        reason, message = waiting.get("reason", ""), waiting.get("message", "")
        if reason in _IMAGE_REASONS:
            text = f"{_name(pod)}: image {status.get('image')}: {message or reason}"
            return PodProblem("ImagePullFailed", text)
        if reason in _CREATE_REASONS:
            return PodProblem(reason, f"{_name(pod)}: {message}")
        if not status.get("ready") and _terminated(status).get("exitCode", 0) != 0:
            return _crash(pod, _terminated(status))
    return None


def _crash(pod: Manifest, terminated: dict[str, Any]) -> PodProblem:
    message = terminated.get("message", "").strip()[:_MESSAGE_LIMIT]
    if terminated.get("reason") == "OOMKilled":
        text = f"{_name(pod)} ran out of memory; raise its memory limit in the feed"
        return PodProblem("OutOfMemory", text)
    secret = named_in(message)
    if secret is not None:
        return PodProblem("SecretIncomplete", f"Secret {secret}: {message}")
    code = terminated.get("exitCode")
    return PodProblem(
        "Crashing", f"{_name(pod)} terminated with exit code {code}: {message or 'no message'}"
    )


def _terminated(status: dict[str, Any]) -> dict[str, Any]:
    """Returns the container's last termination state; empty if it never terminated."""
    # During a crash loop's pause `state` is waiting, and the termination is in `lastState`.
    for state in (status.get("state") or {}, status.get("lastState") or {}):
        if state.get("terminated"):
            found: dict[str, Any] = state["terminated"]
            return found
    return {}


def _statuses(pod: Manifest) -> list[dict[str, Any]]:
    status = pod.get("status", {})
    # Argo's own init container is the first that may fail, e.g. for want of its image.
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _name(pod: Manifest) -> str:
    return f"pod {pod['metadata']['name']}"
