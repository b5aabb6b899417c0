from typing import Any

import pytest

from stockfeed_operator.status.pod_problems import (
    PodProblem,
    find_pod_problem,
    termination_messages,
)


def _pod(*statuses: dict[str, Any], **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "status": {"containerStatuses": [*statuses], **status}}


def _terminated(code: int, message: str = "", reason: str = "Error") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "message": message, "reason": reason}}


MISSING = (
    "ConfigurationError: settings are missing or wrong:\n  /etc/stockfeed/secrets/s3/minio/"
    "accessKeyId is missing, unreadable or empty: add the key 'accessKeyId'"
)


@pytest.mark.parametrize(
    ("pod", "reason", "text"),
    [
        (
            _pod({"image": "x:1", "state": {"waiting": {"reason": "ImagePullBackOff"}}}),
            "ImagePullFailed",
            "image x:1",
        ),
        (
            _pod(
                {
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": _terminated(1, "bad"),
                }
            ),
            "Crashing",
            "exit code 1: bad",
        ),
        (_pod({"state": _terminated(1, MISSING)}), "SecretIncomplete", "Secret minio: Conf"),
        (
            _pod({"state": {}, "lastState": _terminated(137, reason="OOMKilled")}),
            "OutOfMemory",
            "memory",
        ),
        (
            _pod({"state": {"waiting": {"reason": "CreateContainerConfigError", "message": "m"}}}),
            "CreateContainerConfigError",
            "m",
        ),
        (
            _pod(
                conditions=[
                    {"type": "PodScheduled", "reason": "Unschedulable", "message": "0/3 nodes"}
                ]
            ),
            "Unschedulable",
            "0/3 nodes",
        ),
    ],
)
def test_finds_a_pods_problem(pod: dict[str, Any], reason: str, text: str) -> None:
    problem = find_pod_problem([pod])
    assert problem is not None
    assert problem.reason == reason
    assert text in problem.message


@pytest.mark.parametrize(
    "pod",
    [
        _pod({"ready": True, "state": {"running": {}}, "lastState": _terminated(1, "long ago")}),
        _pod({"state": {"waiting": {"reason": "ContainerCreating"}}}),
        {
            "metadata": {"name": "p", "deletionTimestamp": "x"},
            "status": {"containerStatuses": [{"state": _terminated(1)}]},
        },
        {"metadata": {"name": "new"}, "status": {}},
    ],
)
def test_healthy_starting_and_deleted_pods_have_no_problem(pod: dict[str, Any]) -> None:
    assert find_pod_problem([pod]) is None


def test_reports_the_first_pod_by_name() -> None:
    pods = [
        _pod({"state": _terminated(2)}),
        {**_pod({"state": _terminated(3)}), "metadata": {"name": "a"}},
    ]
    assert find_pod_problem(pods) == PodProblem(
        "Crashing", "pod a terminated with exit code 3: no message"
    )


def test_termination_messages_of_failed_containers() -> None:
    pod = _pod({"state": _terminated(0, "fine")}, {"state": _terminated(1, "dbt build failed: x")})
    assert termination_messages([pod, _pod()]) == "dbt build failed: x"
