"""Why pods do not work, in words a person can act on."""

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
    """Why something is not as it should be: a word for programs, a text for people."""

    reason: str
    message: str


def find_pod_problem(pods: Iterable[Manifest]) -> PodProblem | None:
    """The first trouble that the pods have; pods that are being deleted do not count."""
    for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["name"])):
        if "deletionTimestamp" in pod["metadata"]:
            continue
        found = _unschedulable(pod) or _container_trouble(pod)
        if found is not None:
            return found
    return None


def replica_failure(deployment: Manifest | None) -> PodProblem | None:
    """Why the Deployment's pods cannot even be made, e.g. for a quota or for Pod Security."""
    said = [] if deployment is None else deployment.get("status", {}).get("conditions") or ()
    for condition in said:
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            text = condition.get("message", "")[:_MESSAGE_LIMIT]
            return PodProblem(condition.get("reason") or "ReplicaFailure", text)
    return None


def termination_messages(pods: Iterable[Manifest]) -> str:
    """What the containers of failed pods wrote when they ended."""
    texts = [
        text
        for pod in pods
        for status in _statuses(pod)
        if (text := _ended(status).get("message", "").strip())
        and _ended(status).get("exitCode") != 0
    ]
    return "; ".join(texts)[:_MESSAGE_LIMIT]


def _unschedulable(pod: Manifest) -> PodProblem | None:
    for condition in pod.get("status", {}).get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return PodProblem("Unschedulable", f"{_name(pod)}: {condition.get('message', '')}")
    return None


def _container_trouble(pod: Manifest) -> PodProblem | None:
    for status in _statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        reason, message = waiting.get("reason", ""), waiting.get("message", "")
        if reason in _IMAGE_REASONS:
            text = f"{_name(pod)}: image {status.get('image')}: {message or reason}"
            return PodProblem("ImagePullFailed", text)
        if reason in _CREATE_REASONS:
            return PodProblem(reason, f"{_name(pod)}: {message}")
        if not status.get("ready") and _ended(status).get("exitCode", 0) != 0:
            return _crash(pod, _ended(status))
    return None


def _crash(pod: Manifest, ended: dict[str, Any]) -> PodProblem:
    words = ended.get("message", "").strip()[:_MESSAGE_LIMIT]
    if ended.get("reason") == "OOMKilled":
        text = f"{_name(pod)} ran out of memory; raise its memory limit in the feed"
        return PodProblem("OutOfMemory", text)
    secret = named_in(words)
    if secret is not None:
        return PodProblem("SecretIncomplete", f"Secret {secret}: {words}")
    code = ended.get("exitCode")
    return PodProblem(
        "Crashing", f"{_name(pod)} ended with exit code {code}: {words or 'no message'}"
    )


def _ended(status: dict[str, Any]) -> dict[str, Any]:
    """How the container ended last; empty when it never did."""
    for state in (status.get("state") or {}, status.get("lastState") or {}):
        if state.get("terminated"):
            found: dict[str, Any] = state["terminated"]
            return found
    return {}


def _statuses(pod: Manifest) -> list[dict[str, Any]]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _name(pod: Manifest) -> str:
    return f"pod {pod['metadata']['name']}"
