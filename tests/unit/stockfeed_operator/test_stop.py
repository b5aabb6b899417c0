"""The ordered stop of a feed, reconcile by reconcile, in the in-memory cluster."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from stockfeed_operator.kube.api import DrainStatus
from stockfeed_operator.kube.errors import ForbiddenError
from stockfeed_operator.kube.kinds import (
    CRON_WORKFLOW,
    DEPLOYMENT,
    FEED,
    TOPIC,
    WORKFLOW,
    Key,
    Manifest,
)
from support.inmemory.cluster import InMemoryCluster
from support.inmemory.feeds import Life, resource

BEHIND = DrainStatus(drained=False, lag=12, buffered=4, partitions=frozenset(range(3)))


def _running(**spec: object) -> Life:
    life = Life()
    life.create(**spec)
    life.rest()
    life.cluster.writes.clear()
    life.cluster.events.clear()
    return life


def _reasons(life: Life) -> list[str]:
    return [event.reason for event in life.cluster.events]


def _suspended_cron(life: Life) -> bool:
    cron: Manifest = life.cluster.objects[Key(CRON_WORKFLOW.kind, "us-load")]
    return bool(cron["spec"]["suspend"])


def _delete(life: Life) -> None:
    life.cluster.remove(Key(FEED.kind, "us"))


def test_suspend_drains_then_loads_then_stops() -> None:
    life = _running()
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
    life = _running()
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
    life = _running()
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
    life = _running(drainTimeout="1m")
    life.cluster.objects[Key("Pod", "us-autos-producer-0")]["metadata"]["ownerReferences"] = []
    life.change(suspend=True)
    life.rest()
    assert life.condition("Stopped")["reason"] == "Suspended"
    assert "its producer is still running" in life.condition("DrainTimedOut")["message"]


def test_reports_what_remains_in_kafka_when_the_drain_times_out() -> None:
    life = _running(drainTimeout="1m")
    life.cluster.answer = lambda pod: (
        BEHIND
        if "autos" in pod["metadata"]["name"]
        else DrainStatus(drained=True, lag=0, buffered=0, partitions=frozenset(range(3)))
    )
    life.change(suspend=True)
    life.rest()
    assert life.condition("Stopped")["reason"] == "Suspended"
    assert life.replicas("autos-consumer") == 0
    message = life.condition("DrainTimedOut")["message"]
    assert "group autos was not drained within 1m: 24 messages not landed" in message
    assert "topic stock-quotes.us.autos" in message
    assert "megacaps" not in message
    assert _reasons(life).count("DrainTimedOut") == 1
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
    life = _running()
    life.cluster.phase = phase
    life.change(suspend=True)
    life.steps(70)
    assert life.condition("Stopped")["status"] == "True"
    assert "bucket raw-quotes under feed=us/" in life.condition("LastLoadFailed")["message"]
    assert _reasons(life).count("LastLoadFailed") == 1
    assert life.replicas("autos-consumer") == 0
    life.change(suspend=False)
    life.rest()
    assert life.condition("LastLoadFailed") == {}


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
    life = _running()
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
    life = _running()
    life.cluster.answer = lambda pod: BEHIND
    life.change(suspend=True)
    life.steps(4)
    life.cluster.edit(DEPLOYMENT, "us-autos-consumer", lambda live: live["spec"].update(replicas=0))
    life.step()
    assert life.replicas("autos-consumer") == 2


def test_drains_and_deletes_a_removed_group_of_a_running_feed() -> None:
    life = _running()
    life.cluster.answer = lambda pod: BEHIND
    life.change(symbolGroups=resource()["spec"]["symbolGroups"][:1])
    life.steps(6)
    assert life.replicas("autos-producer") is None
    assert life.replicas("autos-consumer") == 2
    assert life.group("autos")["state"] == "Draining"
    assert life.replicas("megacaps-producer") == 1
    life.cluster.answer = InMemoryCluster().answer
    life.rest()
    assert life.replicas("autos-consumer") is None
    assert life.group("autos") == {}
    assert "stock-quotes.us.autos" in life.cluster.names(TOPIC)
    assert life.condition("DrainTimedOut") == {}
    assert life.cluster.names(WORKFLOW) == set()


def test_keeps_the_topic_of_a_removed_group_that_is_not_drained_in_time() -> None:
    life = _running(drainTimeout="30s", kafka={"deletionPolicy": "Delete"})
    life.cluster.answer = lambda pod: None
    life.change(symbolGroups=resource()["spec"]["symbolGroups"][:1])
    life.rest()
    assert life.replicas("autos-consumer") is None
    assert "no response from us-autos-consumer-0" in life.condition("DrainTimedOut")["message"]
    assert "stock-quotes.us.autos" in life.cluster.names(TOPIC)


def test_deletes_the_topic_of_a_drained_group_if_the_policy_is_delete() -> None:
    life = _running(kafka={"deletionPolicy": "Delete"})
    life.change(symbolGroups=resource()["spec"]["symbolGroups"][:1])
    life.rest()
    assert life.cluster.names(TOPIC) == {"stock-quotes.us.megacaps"}
    assert life.group("autos") == {}


@pytest.mark.parametrize(
    ("policy", "topics"),
    [("Retain", {"stock-quotes.us.autos", "stock-quotes.us.megacaps"}), ("Delete", set())],
)
def test_deletion_stops_in_order_and_leaves_topics_only_if_retained(
    policy: str, topics: set[str]
) -> None:
    life = _running(kafka={"deletionPolicy": policy})
    life.cluster.phase = None
    _delete(life)
    life.steps(6)
    assert life.exists
    assert life.condition("Stopped")["reason"] == "LastLoad"
    life.cluster.phase = "Succeeded"
    life.steps(3)
    assert not life.exists
    life.cluster.settle()
    assert {key.kind for key in life.cluster.objects} <= {"KafkaTopic"}
    assert life.cluster.names(TOPIC) == topics


@pytest.mark.parametrize("steps", [1, 2])
def test_runs_the_final_load_after_the_operator_was_away_during_a_deletion(steps: int) -> None:
    life = _running()
    _delete(life)
    life.steps(steps)
    life.cluster.settle(12 * 60)
    life.steps(8)
    assert not life.exists
    assert [write for write in life.cluster.writes if write.startswith("apply Workflow us-last")]
    assert "LastLoadFailed" not in _reasons(life)


def test_reports_a_final_load_that_could_not_be_created() -> None:
    life = _running()
    life.change(suspend=True)
    life.step()

    def forbid(write: str) -> None:
        if write.startswith("apply Workflow "):
            raise ForbiddenError("no")

    life.cluster.before_write = forbid
    life.steps(90, seconds=10)
    assert life.condition("Stopped")["status"] == "True"
    assert "could not be created within 5m" in life.condition("LastLoadFailed")["message"]


def test_deletion_keeps_topics_that_are_not_drained() -> None:
    life = _running(kafka={"deletionPolicy": "Delete"}, drainTimeout="30s")
    life.cluster.answer = lambda pod: (
        BEHIND
        if "autos" in pod["metadata"]["name"]
        else DrainStatus(drained=True, lag=0, buffered=0, partitions=frozenset(range(3)))
    )
    _delete(life)
    life.steps(20)
    assert not life.exists
    assert life.cluster.names(TOPIC) == {"stock-quotes.us.autos"}
    assert "DrainTimedOut" in _reasons(life)


def test_deletes_a_suspended_feed_immediately() -> None:
    life = _running()
    life.change(suspend=True)
    life.rest()
    _delete(life)
    life.step()
    assert not life.exists


def test_deletes_a_paused_feed() -> None:
    life = _running()
    life.resource["metadata"]["annotations"] = {"stockfeed.dev/pause-reconciliation": "true"}
    _delete(life)
    life.steps(10)
    assert not life.exists


def test_deletes_an_invalid_feed() -> None:
    life = _running()
    life.change(source={"requestsPerMinute": 1})
    _delete(life)
    life.step()
    assert not life.exists


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


def test_does_not_block_the_deletion_of_a_namespace() -> None:
    life = _running()

    def forbid(write: str) -> None:
        if write.startswith("apply"):
            raise ForbiddenError("the namespace is being terminated")

    life.cluster.before_write = forbid
    for key in list(life.cluster.objects):
        if key.kind not in (FEED.kind, TOPIC.kind):
            del life.cluster.objects[key]
    _delete(life)
    life.steps(40, seconds=20)
    assert not life.exists
    assert {"Forbidden", "DrainTimedOut", "LastLoadFailed"} <= set(_reasons(life))


class CrashError(Exception):
    """Simulates a crash of the operator."""


def _crashes_at(number: int) -> Callable[[str], None]:
    countdown = iter(range(number, -1, -1))

    def before_write(write: str) -> None:
        if next(countdown, None) == 0:
            raise CrashError(write)

    return before_write


def _steps_with_crashes(life: Life, until: Callable[[], bool]) -> int:
    """Reconciles until done, crashing before one of the writes each time.

    Returns:
        the number of crashes.
    """
    crashes = 0
    for number in range(200):
        life.cluster.before_write = _crashes_at(number % 5)
        try:
            life.step()
        except CrashError:
            crashes += 1
        life.cluster.settle(5)
        life.cluster.before_write = lambda write: None
        life.step()
        life.cluster.settle(5)
        if until():
            return crashes
    raise AssertionError("did not finish")


@pytest.mark.parametrize("policy", ["Retain", "Delete"])
def test_removing_a_group_survives_a_crash_before_any_write(policy: str) -> None:
    for number in range(12):
        life = _running(kafka={"deletionPolicy": policy})
        life.change(symbolGroups=resource()["spec"]["symbolGroups"][:1])
        crashed = False
        for _ in range(12):
            life.cluster.before_write = _crashes_at(number) if not crashed else lambda write: None
            try:
                life.step()
            except CrashError:
                crashed = True
            life.cluster.settle(5)
        life.cluster.before_write = lambda write: None
        life.rest()
        assert life.condition("DrainTimedOut") == {}, number
        assert life.replicas("autos-consumer") is None
        retained = {"stock-quotes.us.autos"} if policy == "Retain" else set()
        assert life.cluster.names(TOPIC) == {"stock-quotes.us.megacaps"} | retained


def test_deletion_survives_repeated_crashes() -> None:
    life = _running()
    _delete(life)
    crashes = _steps_with_crashes(life, lambda: not life.exists)
    assert crashes > 0
    assert len([write for write in life.cluster.writes if "us-last-load" in write]) == 1
    life.cluster.settle()
    assert {key.kind for key in life.cluster.objects} == {"KafkaTopic"}


def test_feed_of_a_terminating_namespace_is_released_at_once() -> None:
    life = _running()
    life.cluster.answer = lambda pod: BEHIND
    life.cluster.terminating = True
    _delete(life)
    life.step()
    # The namespace controller deletes everything in the namespace, in any order.
    for key in [*life.cluster.objects]:
        if key.kind != FEED.kind:
            life.cluster.objects.pop(key, None)
    assert life.steps(2).result == "gone"
    assert not life.exists
    assert "StopInterrupted" in _reasons(life)
    assert not life.repaired


def test_feed_that_is_not_deleted_keeps_its_finalizer_in_a_terminating_namespace() -> None:
    life = _running()
    life.cluster.terminating = True
    del life.cluster.objects[Key(DEPLOYMENT.kind, "us-autos-consumer")]
    life.step()
    assert life.resource["metadata"]["finalizers"]
    assert "StopInterrupted" not in _reasons(life)
