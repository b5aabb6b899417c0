"""The permanent conditions of a feed."""

from typing import Any

import pytest

from stockfeed_operator.kube.kinds import (
    CRON_WORKFLOW,
    POD,
    POD_MONITOR,
    TOPIC,
    WORKFLOW,
    Key,
    Manifest,
)
from stockfeed_operator.manifests.metadata import FEED_LABEL
from stockfeed_operator.status.permanent_conditions import _failure_message
from support.inmemory.feeds import Life


def _run(life: Life, pod: dict[str, Any]) -> None:
    """Creates a running Workflow and its pod."""
    life.cluster.phase = None
    labels = {FEED_LABEL: life.name}
    life.cluster.create(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "us-load-2", "labels": labels},
            "status": {"phase": "Running", "startedAt": life.cluster.now.isoformat()},
        }
    )
    of_run = {**labels, "workflows.argoproj.io/workflow": "us-load-2"}
    life.cluster.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "us-load-2", "labels": of_run},
            "status": pod,
        }
    )


@pytest.mark.parametrize(
    ("kinds", "condition", "reason", "ready"),
    [
        ({TOPIC}, "TopicsReady", "StrimziMissing", "False"),
        ({CRON_WORKFLOW}, "LoadHealthy", "ArgoMissing", "False"),
        ({POD_MONITOR}, "TopicsReady", "TopicsReady", "True"),
    ],
)
def test_missing_crds_are_reported_if_the_feed_needs_them(
    kinds: set[Any], condition: str, reason: str, ready: str
) -> None:
    life = Life()
    life.cluster.missing = kinds
    life.create()
    life.rest()
    life.load("us-load-1")
    life.rest()
    assert life.condition(condition)["reason"] == reason
    assert life.condition("Ready")["status"] == ready
    life.cluster.missing = set()
    life.rest()
    assert life.condition("Ready")["status"] == "True"


def test_reports_a_crashing_role_with_its_termination_message(life: Life) -> None:
    message = "/etc/stockfeed/secrets/api-key/finnhub/token is missing, unreadable or empty"

    def crash(live: Manifest) -> None:
        ended = {"terminated": {"exitCode": 1, "message": message}}
        live["status"]["containerStatuses"] = [{"state": {}, "lastState": ended}]

    life.cluster.edit(POD, "us-autos-producer-0", crash)
    live = life.cluster.objects[Key("Deployment", "us-autos-producer")]
    live["status"]["readyReplicas"] = 0
    life.step()
    condition = life.condition("ProducersAvailable")
    assert condition["reason"] == "SecretIncomplete"
    assert condition["message"].startswith("group autos: Secret finnhub: /etc/")
    assert [notice.reason for notice in life.cluster.events] == [
        "SecretIncomplete",
        "SecretIncomplete",
    ]


def test_reports_pods_rejected_by_a_quota(life: Life) -> None:
    message = 'pods "us-autos-producer-x" is forbidden: exceeded quota: team, used: pods=9'
    live = life.cluster.objects[Key("Deployment", "us-autos-producer")]
    live["status"] = {
        "observedGeneration": live["metadata"]["generation"],
        "readyReplicas": 0,
        "conditions": [
            {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable"},
            {
                "type": "ReplicaFailure",
                "status": "True",
                "reason": "FailedCreate",
                "message": message,
            },
        ],
    }
    del life.cluster.objects[Key("Pod", "us-autos-producer-0")]
    life.step()
    condition = life.condition("ProducersAvailable")
    assert (condition["reason"], condition["message"]) == (
        "FailedCreate",
        f"group autos: {message}",
    )


def test_reports_a_failed_load_with_its_workflow(life: Life) -> None:
    life.cluster.settle(60)
    life.load("us-load-2", phase="Failed", message="main: Error (exit code 1)")
    life.rest()
    condition = life.condition("LoadHealthy")
    assert (condition["reason"], condition["message"]) == (
        "LoadFailed",
        "Workflow us-load-2: main: Error (exit code 1)",
    )
    assert life.resource["status"]["lastLoad"]["workflow"] == "us-load-1"


@pytest.mark.parametrize(
    ("message", "failed", "reason"),
    [
        ("load: Error (exit code 1): TransientError: no answer", "0", "LoadFailed"),
        ("main: Error (exit code 1): the load left objects out: k: x", "1", "ObjectsLeftOut"),
        ("main: Error (exit code 1): dbt build failed:\n  model gold_kpi", "0", "BuildFailed"),
        ("the load left objects out: k: x\ndbt build failed:\n  gold_kpi", "1", "BuildFailed"),
    ],
)
def test_reason_names_the_part_of_the_run_that_failed(
    life: Life, message: str, failed: str, reason: str
) -> None:
    life.load("us-load-2", phase="Failed", message=message, **{"partitions-failed": failed})
    life.rest()
    assert life.condition("LoadHealthy")["reason"] == reason
    assert life.condition("Ready")["reason"] == reason
    for name in life.cluster.names(WORKFLOW):
        life.cluster.remove(Key(WORKFLOW.kind, name))
    life.rest()
    assert life.condition("LoadHealthy")["reason"] == reason


@pytest.mark.parametrize(
    ("waiting", "reason"),
    [
        ({"reason": "CreateContainerConfigError", "message": 'secret "s" not found'}, "Create"),
        ({"reason": "ImagePullBackOff", "message": "no such image"}, "ImagePullFailed"),
        ({"reason": "PodInitializing"}, "LoadSucceeded"),
    ],
)
def test_reports_a_run_whose_pod_cannot_start_before_its_deadline(
    life: Life, waiting: dict[str, str], reason: str
) -> None:
    _run(life, {"containerStatuses": [{"state": {"waiting": waiting}}]})
    life.rest()
    condition = life.condition("LoadHealthy")
    assert condition["reason"].startswith(reason)
    if condition["status"] == "False":
        assert condition["message"].startswith("Workflow us-load-2: pod us-load-2: ")


def test_tolerates_an_unschedulable_run_for_a_minute(life: Life) -> None:
    unplaced = {"type": "PodScheduled", "reason": "Unschedulable", "message": "0/1 nodes"}
    _run(life, {"conditions": [unplaced]})
    life.rest()
    assert life.condition("LoadHealthy")["status"] == "True"
    life.cluster.settle(60)
    life.rest()
    assert life.condition("LoadHealthy")["reason"] == "Unschedulable"


def test_reports_a_schedule_that_argo_rejects(life: Life) -> None:
    condition = {
        "type": "SpecError",
        "status": "True",
        "message": "end of range (99) above maximum",
    }

    def refuse(live: Manifest) -> None:
        live["status"] = {"conditions": [condition]}

    life.cluster.edit(CRON_WORKFLOW, "us-load", refuse)
    life.rest()
    found = life.condition("LoadHealthy")
    assert (found["status"], found["reason"]) == ("False", "ScheduleRefused")
    assert found["message"] == "CronWorkflow us-load: end of range (99) above maximum"


def test_message_of_the_failed_load_takes_precedence_over_the_build() -> None:
    waited = {"terminated": {"exitCode": 1, "message": 'dependency "load" exited'}}
    pod = {
        "metadata": {"name": "p", "labels": {"workflows.argoproj.io/workflow": "w"}},
        "status": {"containerStatuses": [{"state": waited}]},
    }
    workflow: Manifest = {"metadata": {"name": "w"}, "status": {"message": "load: no bucket"}}
    assert _failure_message(workflow, [pod]) == "load: no bucket"
    workflow["status"]["message"] = ""
    assert _failure_message(workflow, [pod]) == 'dependency "load" exited'
