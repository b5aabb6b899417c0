from typing import Any

import pytest

from inmemory.cluster import NAMESPACE
from inmemory.feeds import Life, resource
from stockfeed_operator.build.metadata import FEED_LABEL
from stockfeed_operator.health import _last_words
from stockfeed_operator.kinds import (
    CONFIG_MAP,
    CRON_WORKFLOW,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    FEED,
    POD,
    POD_MONITOR,
    TOPIC,
    WORKFLOW,
    WORKFLOW_TEMPLATE,
    Key,
    Manifest,
)
from stockfeed_operator.observe import FINALIZER, PAUSE_ANNOTATION


@pytest.fixture
def life() -> Life:
    """A feed at rest, with one load behind it."""
    one = Life()
    one.create()
    one.rest()
    _load(one, "us-load-1")
    one.rest()
    one.cluster.writes.clear()
    one.cluster.events.clear()
    return one


def _load(life: Life, name: str, phase: str = "Succeeded", message: str = "", **more: str) -> None:
    outputs = {"files": "3", "rows": "420", "newest-quote-at": "2026-03-04T15:00:01Z", **more}
    life.cluster.create(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": name, "labels": {FEED_LABEL: life.name}},
            "status": {
                "phase": phase,
                "message": message,
                "finishedAt": life.cluster.now.isoformat(),
                "outputs": {
                    "parameters": [{"name": key, "value": text} for key, text in outputs.items()]
                },
            },
        }
    )


def _run(life: Life, pod: dict[str, Any]) -> None:
    """A Workflow that runs, and its pod."""
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


def test_a_new_feed_becomes_ready() -> None:
    life = Life()
    life.create()
    life.rest()
    assert life.cluster.names(DEPLOYMENT) == {
        "us-megacaps-producer",
        "us-megacaps-consumer",
        "us-autos-producer",
        "us-autos-consumer",
    }
    assert life.resource["metadata"]["finalizers"] == [FINALIZER]
    assert life.condition("Ready")["reason"] == "NoLoadYet"
    _load(life, "us-load-1")
    life.rest()
    assert life.condition("Ready")["status"] == "True"
    status = life.resource["status"]
    assert status["lastLoad"]["rows"] == 420
    assert status["lastLoad"]["newestQuoteAt"] == "2026-03-04T15:00:01Z"
    assert (status["symbols"], status["observedGeneration"]) == (4, 1)
    assert life.group("autos")["consumers"] == {"ready": 2, "desired": 2}


def test_steady_state_writes_one_status_per_finished_load(life: Life) -> None:
    for minute in range(2, 5):
        life.cluster.settle(60)
        _load(life, f"us-load-{minute}")
        life.steps(3)
    assert life.cluster.writes == ["status us"] * 3
    assert life.cluster.events == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (DEPLOYMENT, "us-autos-producer"),
        (CONFIG_MAP, "us-shares"),
        (TOPIC, "stock-quotes.us.autos"),
        (CRON_WORKFLOW, "us-load"),
        (WORKFLOW_TEMPLATE, "us-replay"),
    ],
)
def test_what_somebody_deletes_comes_back(life: Life, kind: Any, name: str) -> None:
    del life.cluster.objects[Key(kind.kind, name)]
    outcome = life.step()
    assert outcome.repaired == (Key(kind.kind, name),)
    told = [notice.message for notice in life.cluster.events if notice.reason == "DriftRepaired"]
    assert told == [f"{kind.kind} {name} was changed or deleted by somebody else, and is put back"]
    life.rest()
    assert name in life.cluster.names(kind)


def test_what_somebody_changes_is_put_right_and_what_they_add_stays(life: Life) -> None:
    def change(live: Manifest) -> None:
        live["spec"]["replicas"] = 7
        live["metadata"]["annotations"]["theirs"] = "stays"
        live["spec"]["template"]["spec"]["containers"].append({"name": "sidecar"})

    life.cluster.edit(DEPLOYMENT, "us-autos-consumer", change)
    outcome = life.step()
    assert outcome.repaired == (Key("Deployment", "us-autos-consumer"),)
    live = life.cluster.objects[Key("Deployment", "us-autos-consumer")]
    assert live["spec"]["replicas"] == 2
    assert live["metadata"]["annotations"]["theirs"] == "stays"
    assert [part["name"] for part in live["spec"]["template"]["spec"]["containers"]] == [
        "consumer",
        "sidecar",
    ]


def test_a_field_that_the_spec_drops_is_dropped(life: Life) -> None:
    life.change(pods={"nodeSelector": {"disk": "ssd"}})
    life.rest()
    deployment = life.cluster.objects[Key("Deployment", "us-autos-producer")]
    assert deployment["spec"]["template"]["spec"]["nodeSelector"] == {"disk": "ssd"}
    life.change(pods={"nodeSelector": None})
    life.rest()
    assert "nodeSelector" not in deployment["spec"]["template"]["spec"]


def test_a_changed_share_writes_the_config_map_alone(life: Life) -> None:
    other = Life(life.cluster, "other")
    other.create(warehouse={"database": "OTHER"})
    other.rest()
    life.cluster.writes.clear()
    life.rest()
    assert "apply ConfigMap us-shares" in life.cluster.writes
    assert not [write for write in life.cluster.writes if "Deployment" in write]
    said = life.condition("RateBudgetExceeded")
    assert "megacaps every 8s" in said["message"]
    assert life.group("autos")["effectivePollInterval"] == "8s"
    assert life.condition("Ready")["status"] == "True"
    other.change(suspend=True)
    life.rest()
    assert life.condition("RateBudgetExceeded") == {}


def test_a_younger_feed_does_not_get_a_taken_target(life: Life) -> None:
    life.cluster.settle(60)
    young = Life(life.cluster, "young")
    young.create()
    young.rest()
    said = young.condition("LoadHealthy")
    assert (said["status"], said["reason"]) == ("False", "WarehouseTargetTaken")
    assert "older feed us " in said["message"]
    assert life.cluster.names(CRON_WORKFLOW) == {"us-load", "us-daily"}
    templates = {f"us-{name}" for name in ("rebuild", "replay", "trace", "verify")}
    assert life.cluster.names(WORKFLOW_TEMPLATE) == templates
    young.change(warehouse={"schema": "YOUNG", "dbt": {"schema": "YOUNG_GOLD"}})
    young.rest()
    assert {"young-load", "young-daily"} < life.cluster.names(CRON_WORKFLOW)
    assert {"young-replay", "young-rebuild"} < life.cluster.names(WORKFLOW_TEMPLATE)


def test_without_dbt_there_is_nothing_to_rebuild(life: Life) -> None:
    life.change(warehouse={"dbt": {"enabled": False}})
    life.rest()
    assert life.cluster.names(CRON_WORKFLOW) == {"us-load", "us-daily"}
    assert life.cluster.names(WORKFLOW_TEMPLATE) == {"us-replay", "us-trace", "us-verify"}


def test_an_autoscaler_keeps_its_number(life: Life) -> None:
    life.change(
        symbolGroups=[{"name": "autos", "symbols": ["F"], "consumer": {"autoscaled": True}}]
    )
    life.rest()
    assert life.replicas("autos-consumer") == 1

    life.cluster.scale("us-autos-consumer", 6)
    outcome = life.step()
    assert outcome.repaired == ()
    life.steps(3)
    assert life.replicas("autos-consumer") == 6
    assert life.group("autos")["consumers"] == {"ready": 6, "desired": 6}
    life.change(suspend=True)
    life.rest()
    assert life.replicas("autos-consumer") == 0
    life.change(suspend=False)
    life.rest()
    assert life.replicas("autos-consumer") == 1


def test_a_paused_feed_is_left_alone_and_says_so(life: Life) -> None:
    def pause(live: Manifest) -> None:
        live["metadata"]["annotations"] = {PAUSE_ANNOTATION: "true"}

    life.cluster.edit(FEED, "us", pause)
    life.change(suspend=True)
    assert life.step().result == "paused"
    assert life.cluster.writes == ["status us"]
    assert life.condition("Paused")["status"] == "True"
    assert life.step().result == "paused"
    assert life.cluster.writes == ["status us"]
    life.cluster.edit(FEED, "us", lambda live: live["metadata"]["annotations"].clear())
    life.rest()
    assert life.condition("Paused") == {}
    assert life.replicas("autos-producer") == 0


def test_an_invalid_feed_is_a_condition(life: Life) -> None:
    life.change(source={"requestsPerMinute": 1})
    assert life.step().result == "invalid"
    said = life.condition("Ready")
    assert (said["status"], said["reason"]) == ("False", "InvalidSpec")
    assert "requestsPerMinute" in said["message"]
    assert life.cluster.writes == ["status us"]
    life.change(source={"requestsPerMinute": 60})
    life.rest()
    assert life.condition("Ready")["reason"] == "Running"


@pytest.mark.parametrize(
    ("owners", "labels"),
    [
        ([], {}),
        ([{"kind": "HelmRelease", "name": "x", "uid": "other", "controller": True}], {}),
        (
            [{"kind": "StockFeed", "name": "us", "uid": "former", "controller": True}],
            {FEED_LABEL: "us"},
        ),
    ],
)
def test_an_object_of_somebody_else_is_not_touched(
    owners: list[dict[str, Any]], labels: dict[str, str]
) -> None:
    life = Life()
    theirs = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "us-shares", "labels": labels, "ownerReferences": owners},
        "data": {"theirs": "1"},
    }
    life.cluster.create(theirs)
    life.create()
    life.step()
    assert life.cluster.objects[Key("ConfigMap", "us-shares")]["data"] == {"theirs": "1"}
    said = life.condition("NotApplied")
    assert said["reason"] == "NameTaken"
    assert "ConfigMap us-shares" in said["message"]
    assert life.condition("Ready")["reason"] == "NameTaken"
    assert "delete ConfigMap us-shares" not in life.cluster.writes


def test_a_topic_is_adopted_by_name() -> None:
    life = Life()
    life.cluster.create(
        {
            "apiVersion": TOPIC.api_version,
            "kind": TOPIC.kind,
            "metadata": {"name": "stock-quotes.us.autos"},
            "spec": {"partitions": 1},
        }
    )
    life.create()
    life.rest()
    topic = life.cluster.objects[Key("KafkaTopic", "stock-quotes.us.autos")]
    assert topic["metadata"]["labels"][FEED_LABEL] == "us"
    assert topic["spec"]["partitions"] == 3
    assert "ownerReferences" not in topic["metadata"]


def test_a_rejected_object_is_a_condition_and_the_others_go_on() -> None:
    life = Life()
    life.cluster.refuse = {"us-autos-consumer"}
    life.create()
    life.rest()
    said = life.condition("NotApplied")
    assert said["reason"] == "Rejected"
    assert "Deployment us-autos-consumer: us-autos-consumer is invalid" in said["message"]
    assert "us-autos-producer" in life.cluster.names(DEPLOYMENT)


@pytest.mark.parametrize(
    ("kinds", "condition", "reason", "ready"),
    [
        ({TOPIC}, "TopicsReady", "StrimziMissing", "False"),
        ({CRON_WORKFLOW}, "LoadHealthy", "ArgoMissing", "False"),
        ({POD_MONITOR}, "TopicsReady", "TopicsReady", "True"),
    ],
)
def test_missing_crds(kinds: set[Any], condition: str, reason: str, ready: str) -> None:
    life = Life()
    life.cluster.missing = kinds
    life.create()
    life.rest()
    _load(life, "us-load-1")
    life.rest()
    assert life.condition(condition)["reason"] == reason
    assert life.condition("Ready")["status"] == ready
    life.cluster.missing = set()
    life.rest()
    assert life.condition("Ready")["status"] == "True"


def test_a_crashing_role_is_shown_with_its_last_words(life: Life) -> None:
    words = "/etc/stockfeed/secrets/api-key/finnhub/token is missing, unreadable or empty"

    def crash(live: Manifest) -> None:
        ended = {"terminated": {"exitCode": 1, "message": words}}
        live["status"]["containerStatuses"] = [{"state": {}, "lastState": ended}]

    life.cluster.edit(POD, "us-autos-producer-0", crash)
    live = life.cluster.objects[Key("Deployment", "us-autos-producer")]
    live["status"]["readyReplicas"] = 0
    life.step()
    said = life.condition("ProducersAvailable")
    assert said["reason"] == "SecretIncomplete"
    assert said["message"].startswith("group autos: Secret finnhub: /etc/")
    assert [notice.reason for notice in life.cluster.events] == [
        "SecretIncomplete",
        "SecretIncomplete",
    ]


def test_a_failing_load_is_shown_with_its_workflows_name(life: Life) -> None:
    life.cluster.settle(60)
    _load(life, "us-load-2", phase="Failed", message="main: Error (exit code 1)")
    life.rest()
    said = life.condition("LoadHealthy")
    assert (said["reason"], said["message"]) == (
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
def test_the_reason_says_which_part_of_a_run_failed(
    life: Life, message: str, failed: str, reason: str
) -> None:
    _load(life, "us-load-2", phase="Failed", message=message, **{"partitions-failed": failed})
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
def test_a_run_whose_pod_cannot_start_is_shown_before_its_deadline(
    life: Life, waiting: dict[str, str], reason: str
) -> None:
    _run(life, {"containerStatuses": [{"state": {"waiting": waiting}}]})
    life.rest()
    said = life.condition("LoadHealthy")
    assert said["reason"].startswith(reason)
    if said["status"] == "False":
        assert said["message"].startswith("Workflow us-load-2: pod us-load-2: ")


def test_a_run_may_wait_a_minute_for_a_node(life: Life) -> None:
    unplaced = {"type": "PodScheduled", "reason": "Unschedulable", "message": "0/1 nodes"}
    _run(life, {"conditions": [unplaced]})
    life.rest()
    assert life.condition("LoadHealthy")["status"] == "True"
    life.cluster.settle(60)
    life.rest()
    assert life.condition("LoadHealthy")["reason"] == "Unschedulable"


def test_a_schedule_that_argo_refuses_is_shown(life: Life) -> None:
    said = {"type": "SpecError", "status": "True", "message": "end of range (99) above maximum"}

    def refuse(live: Manifest) -> None:
        live["status"] = {"conditions": [said]}

    life.cluster.edit(CRON_WORKFLOW, "us-load", refuse)
    life.rest()
    found = life.condition("LoadHealthy")
    assert (found["status"], found["reason"]) == ("False", "ScheduleRefused")
    assert found["message"] == "CronWorkflow us-load: end of range (99) above maximum"


def test_a_failed_loads_own_words_come_before_those_of_the_build_that_did_not_start() -> None:
    waited = {"terminated": {"exitCode": 1, "message": 'dependency "load" exited'}}
    pod = {
        "metadata": {"name": "p", "labels": {"workflows.argoproj.io/workflow": "w"}},
        "status": {"containerStatuses": [{"state": waited}]},
    }
    workflow: Manifest = {"metadata": {"name": "w"}, "status": {"message": "load: no bucket"}}
    assert _last_words(workflow, [pod]) == "load: no bucket"
    workflow["status"]["message"] = ""
    assert _last_words(workflow, [pod]) == 'dependency "load" exited'


def test_a_feed_that_is_not_there_is_gone() -> None:
    assert Life().step().status is None


def test_a_group_that_has_one_consumer_again_loses_its_disruption_budget(life: Life) -> None:
    assert life.cluster.names(DISRUPTION_BUDGET) == {"us-autos-consumer"}
    groups = resource()["spec"]["symbolGroups"]
    groups[1]["consumer"] = {"replicas": 1}
    life.change(symbolGroups=groups)
    life.rest()
    assert life.cluster.names(DISRUPTION_BUDGET) == set()


def test_everything_of_a_feed_is_labelled_and_owned_but_topics(life: Life) -> None:
    uid = life.resource["metadata"]["uid"]
    for key, found in life.cluster.objects.items():
        if key.kind in ("StockFeed", "Pod", "Workflow"):
            continue
        assert found["metadata"]["labels"]["app.kubernetes.io/instance"] == "us"
        assert found["metadata"]["namespace"] == NAMESPACE
        owners = [owner["uid"] for owner in found["metadata"].get("ownerReferences", [])]
        assert owners == ([] if key.kind == "KafkaTopic" else [uid])
