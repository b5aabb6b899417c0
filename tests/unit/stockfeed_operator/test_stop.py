"""The ordered stop of a suspended feed, reconcile by reconcile, in the in-memory cluster."""

from datetime import UTC, datetime

import pytest

from stockfeed_operator.kube.errors import ForbiddenError
from stockfeed_operator.kube.kinds import CRON_WORKFLOW, DEPLOYMENT, WORKFLOW, Key, Manifest
from support.inmemory.cluster import InMemoryCluster
from support.inmemory.feeds import Life
from support.inmemory.stops import BEHIND, autos_behind, event_reasons, running


def _suspended_cron(life: Life) -> bool:
    cron: Manifest = life.cluster.objects[Key(CRON_WORKFLOW.kind, "us-load")]
    return bool(cron["spec"]["suspend"])


def test_suspend_drains_then_loads_then_stops() -> None:
    life = running()
    life.cluster.phase = None
    life.cluster.answer = lambda pod: BEHIND
    life.change(suspend=True)
    life.step()
    assert [life.replicas(name) for name in ("autos-producer", "autos-consumer")] == [0, 2]
    assert life.condition("Stopped")["reason"] == "Draining"

    life.steps(6)
    assert life.group("autos")["state"] == "Draining"
    assert "12 messages not landed, 4 of them" in life.condition("Stopped")["message"]
    assert not _suspended_cron(life)

    life.cluster.answer = InMemoryCluster().answer
    life.step()
    assert life.condition("Stopped")["reason"] == "LastLoad"
    assert _suspended_cron(life)
    assert len(life.cluster.names(WORKFLOW)) == 1
    assert life.replicas("autos-consumer") == 2

    life.cluster.phase = "Succeeded"
    life.steps(2)
    assert life.replicas("autos-consumer") == 0
    condition = life.condition("Stopped")
    assert (condition["status"], condition["reason"]) == ("True", "Suspended")
    assert life.condition("Ready")["reason"] == "Suspended"
    assert life.group("autos")["state"] == "Stopped"
    life.rest()
    assert len(life.cluster.names(WORKFLOW)) == 1
    assert "Warning" not in {event.type for event in life.cluster.events}


def test_queries_consumers_only_after_producers_have_ended() -> None:
    life = running()
    life.change(suspend=True)
    life.step()
    queried: list[str] = []
    life.cluster.answer = lambda pod: queried.append(pod["metadata"]["name"])
    life.step()  # the producers' pods are still terminating
    assert queried == []
    life.cluster.settle()
    life.step()
    assert queried != []


def test_stops_without_a_producer_pod_on_a_lost_node() -> None:
    life = running()
    life.change(suspend=True)
    life.step()
    pod = life.cluster.objects[Key("Pod", "us-autos-producer-0")]
    pod["metadata"]["deletionTimestamp"] = "2026-03-04T15:01:00Z"
    pod["metadata"]["ownerReferences"] = []  # the pod is never removed
    life.steps(4)
    assert "its producer is still running" in life.condition("Stopped")["message"]
    life.cluster.settle(60)
    life.rest()
    assert life.condition("Stopped")["reason"] == "Suspended"


def test_stops_after_the_timeout_if_a_producer_keeps_running() -> None:
    life = running(drainTimeout="1m")
    life.cluster.objects[Key("Pod", "us-autos-producer-0")]["metadata"]["ownerReferences"] = []
    life.change(suspend=True)
    life.rest()
    assert life.condition("Stopped")["reason"] == "Suspended"
    assert "its producer is still running" in life.condition("DrainTimedOut")["message"]


def test_reports_what_remains_in_kafka_when_the_drain_times_out() -> None:
    life = running(drainTimeout="1m")
    life.cluster.answer = autos_behind
    life.change(suspend=True)
    life.rest()
    assert life.condition("Stopped")["reason"] == "Suspended"
    assert life.replicas("autos-consumer") == 0
    message = life.condition("DrainTimedOut")["message"]
    assert "group autos was not drained within 1m: 24 messages not landed" in message
    assert "topic stock-quotes.us.autos" in message
    assert "megacaps" not in message
    assert event_reasons(life).count("DrainTimedOut") == 1
    assert len(life.cluster.names(WORKFLOW)) == 1

    for key in [key for key in life.cluster.objects if key.kind == WORKFLOW.kind]:
        del life.cluster.objects[key]  # as Argo does after the time to live
    life.rest()
    assert life.cluster.names(WORKFLOW) == set()
    life.change(suspend=False)
    life.rest()
    assert life.condition("DrainTimedOut") == {}
    assert life.condition("Stopped") == {}
    assert life.replicas("autos-consumer") == 2


@pytest.mark.parametrize("phase", ["Failed", "Error", None])
def test_stops_and_reports_when_the_final_load_does_not_succeed(phase: str | None) -> None:
    life = running()
    life.cluster.phase = phase
    life.change(suspend=True)
    life.steps(70)
    assert life.condition("Stopped")["status"] == "True"
    assert "bucket raw-quotes under feed=us/" in life.condition("LastLoadFailed")["message"]
    assert event_reasons(life).count("LastLoadFailed") == 1
    assert life.replicas("autos-consumer") == 0
    life.change(suspend=False)
    life.rest()
    assert life.condition("LastLoadFailed") == {}


def test_reports_a_final_load_that_could_not_be_created() -> None:
    life = running()
    life.change(suspend=True)
    life.step()

    def forbid(write: str) -> None:
        if write.startswith("apply Workflow "):
            raise ForbiddenError("no")

    life.cluster.before_write = forbid
    life.steps(90, seconds=10)
    assert life.condition("Stopped")["status"] == "True"
    assert "could not be created within 5m" in life.condition("LastLoadFailed")["message"]


def test_stops_without_a_final_load_if_argo_is_missing() -> None:
    life = Life()
    life.cluster.missing = {CRON_WORKFLOW, WORKFLOW}
    life.create()
    life.rest()
    life.change(suspend=True)
    life.rest()
    assert life.condition("Stopped")["status"] == "True"
    assert life.cluster.names(WORKFLOW) == set()


def test_resumes_a_cancelled_stop_and_runs_another_final_load_at_the_next_stop() -> None:
    life = running()
    life.change(suspend=True)
    life.steps(6)
    assert len(life.cluster.names(WORKFLOW)) == 1
    life.change(suspend=False)
    life.rest()
    assert life.group("autos") == life.group("autos") | {"state": "Running"}
    assert not _suspended_cron(life)
    life.change(suspend=True)
    life.rest()
    assert len(life.cluster.names(WORKFLOW)) == 2


def test_starts_nothing_for_a_feed_that_is_created_suspended() -> None:
    life = Life()
    life.create(suspend=True)
    life.rest()
    assert {life.replicas("autos-producer"), life.replicas("autos-consumer")} == {0}
    assert life.cluster.names(WORKFLOW) == set()
    assert life.condition("Ready")["reason"] == "Suspended"


def test_restores_consumers_that_are_scaled_down_while_draining() -> None:
    life = running()
    life.cluster.answer = lambda pod: BEHIND
    life.change(suspend=True)
    life.steps(4)
    life.cluster.edit(DEPLOYMENT, "us-autos-consumer", lambda live: live["spec"].update(replicas=0))
    life.step()
    assert life.replicas("autos-consumer") == 2


def test_stops_and_starts_with_the_exchange_session() -> None:
    life = Life()
    life.cluster.now = datetime(2026, 3, 4, 20, 50, tzinfo=UTC)
    life.create(session={"calendar": "XNYS"})
    life.rest()
    assert life.resource["status"]["session"] == {
        "open": True,
        "nextChangeAt": "2026-03-04T21:00:00Z",
    }
    requeue_after = life.step().requeue_after
    assert requeue_after is not None
    assert requeue_after.total_seconds() <= 600
    life.cluster.now = datetime(2026, 3, 4, 21, tzinfo=UTC)
    life.rest()
    assert life.condition("Stopped")["reason"] == "SessionClosed"
    assert life.replicas("autos-consumer") == 0
    assert len(life.cluster.names(WORKFLOW)) == 1
    life.cluster.now = datetime(2026, 3, 5, 14, 28, tzinfo=UTC)
    life.rest()
    assert life.replicas("autos-producer") == 1
    assert life.condition("Stopped") == {}
