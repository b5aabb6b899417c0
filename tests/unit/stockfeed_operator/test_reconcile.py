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
    life.load("us-load-1")
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
        life.load(f"us-load-{minute}")
        life.steps(3)
    assert life.cluster.writes == ["status us"] * 3
    assert life.cluster.events == []


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
