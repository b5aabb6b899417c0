from stockfeed_operator.kube.kinds import (
    CRON_WORKFLOW,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    FEED,
    WORKFLOW_TEMPLATE,
    Key,
    Manifest,
)
from stockfeed_operator.plan.observe import FINALIZER, PAUSE_ANNOTATION
from support.inmemory.cluster import NAMESPACE
from support.inmemory.feeds import Life, resource


def test_creates_objects_and_becomes_ready_after_the_first_load() -> None:
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
    life.load("us-load-1")
    life.rest()
    assert life.condition("Ready")["status"] == "True"
    status = life.resource["status"]
    assert status["lastLoad"]["rows"] == 420
    assert status["lastLoad"]["newestQuoteAt"] == "2026-03-04T15:00:01Z"
    assert (status["symbols"], status["observedGeneration"]) == (4, 1)
    assert life.group("autos")["consumers"] == {"ready": 2, "desired": 2}


def test_writes_only_one_status_per_load_in_steady_state(life: Life) -> None:
    for minute in range(2, 5):
        life.cluster.settle(60)
        life.load(f"us-load-{minute}")
        life.steps(3)
    assert life.cluster.writes == ["status us"] * 3
    assert life.cluster.events == []


def test_removes_fields_that_are_removed_from_the_spec(life: Life) -> None:
    life.change(pods={"nodeSelector": {"disk": "ssd"}})
    life.rest()
    deployment = life.cluster.objects[Key("Deployment", "us-autos-producer")]
    assert deployment["spec"]["template"]["spec"]["nodeSelector"] == {"disk": "ssd"}
    life.change(pods={"nodeSelector": None})
    life.rest()
    assert "nodeSelector" not in deployment["spec"]["template"]["spec"]


def test_changes_only_the_config_map_when_the_budget_share_changes(life: Life) -> None:
    other = Life(life.cluster, "other")
    other.create(warehouse={"database": "OTHER"})
    other.rest()
    life.cluster.writes.clear()
    life.rest()
    assert "apply ConfigMap us-shares" in life.cluster.writes
    assert not [write for write in life.cluster.writes if "Deployment" in write]
    condition = life.condition("RateBudgetExceeded")
    assert "megacaps every 8s" in condition["message"]
    assert life.group("autos")["effectivePollInterval"] == "8s"
    assert life.condition("Ready")["status"] == "True"
    other.change(suspend=True)
    life.rest()
    assert life.condition("RateBudgetExceeded") == {}


def test_blocks_loads_of_a_younger_feed_with_the_same_target(life: Life) -> None:
    life.cluster.settle(60)
    young = Life(life.cluster, "young")
    young.create()
    young.rest()
    condition = young.condition("LoadHealthy")
    assert (condition["status"], condition["reason"]) == ("False", "WarehouseTargetTaken")
    assert "older feed us " in condition["message"]
    assert life.cluster.names(CRON_WORKFLOW) == {"us-load", "us-daily"}
    templates = {f"us-{name}" for name in ("rebuild", "replay", "trace", "verify")}
    assert life.cluster.names(WORKFLOW_TEMPLATE) == templates
    young.change(warehouse={"schema": "YOUNG", "dbt": {"schema": "YOUNG_GOLD"}})
    young.rest()
    assert {"young-load", "young-daily"} < life.cluster.names(CRON_WORKFLOW)
    assert {"young-replay", "young-rebuild"} < life.cluster.names(WORKFLOW_TEMPLATE)


def test_creates_no_rebuild_template_without_dbt(life: Life) -> None:
    life.change(warehouse={"dbt": {"enabled": False}})
    life.rest()
    assert life.cluster.names(CRON_WORKFLOW) == {"us-load", "us-daily"}
    assert life.cluster.names(WORKFLOW_TEMPLATE) == {"us-replay", "us-trace", "us-verify"}


def test_keeps_the_replicas_that_an_autoscaler_set(life: Life) -> None:
    life.change(
        symbolGroups=[{"name": "autos", "symbols": ["F"], "consumer": {"autoscaled": True}}]
    )
    life.rest()
    assert life.replicas("autos-consumer") == 1

    life.cluster.scale("us-autos-consumer", 6)
    life.step()
    assert life.repaired == []
    life.steps(3)
    assert life.replicas("autos-consumer") == 6
    assert life.group("autos")["consumers"] == {"ready": 6, "desired": 6}
    life.change(suspend=True)
    life.rest()
    assert life.replicas("autos-consumer") == 0
    life.change(suspend=False)
    life.rest()
    assert life.replicas("autos-consumer") == 1


def test_pause_annotation_stops_all_changes_and_sets_a_condition(life: Life) -> None:
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


def test_reports_an_invalid_feed_and_changes_nothing(life: Life) -> None:
    life.change(source={"requestsPerMinute": 1})
    assert life.step().result == "invalid"
    condition = life.condition("Ready")
    assert (condition["status"], condition["reason"]) == ("False", "InvalidSpec")
    assert "requestsPerMinute" in condition["message"]
    assert life.cluster.writes == ["status us"]
    life.change(source={"requestsPerMinute": 60})
    life.rest()
    assert life.condition("Ready")["reason"] == "Running"


def test_a_missing_feed_is_gone() -> None:
    assert Life().step().status is None


def test_deletes_the_disruption_budget_of_a_group_scaled_to_one_consumer(life: Life) -> None:
    assert life.cluster.names(DISRUPTION_BUDGET) == {"us-autos-consumer"}
    groups = resource()["spec"]["symbolGroups"]
    groups[1]["consumer"] = {"replicas": 1}
    life.change(symbolGroups=groups)
    life.rest()
    assert life.cluster.names(DISRUPTION_BUDGET) == set()


def test_labels_all_objects_and_owns_all_but_topics(life: Life) -> None:
    uid = life.resource["metadata"]["uid"]
    for key, found in life.cluster.objects.items():
        if key.kind in ("StockFeed", "Pod", "Workflow"):
            continue
        assert found["metadata"]["labels"]["app.kubernetes.io/instance"] == "us"
        assert found["metadata"]["namespace"] == NAMESPACE
        owners = [owner["uid"] for owner in found["metadata"].get("ownerReferences", [])]
        assert owners == ([] if key.kind == "KafkaTopic" else [uid])
