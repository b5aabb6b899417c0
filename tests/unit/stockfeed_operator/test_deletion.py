"""The deletion of a feed, reconcile by reconcile, in the in-memory cluster."""

from collections.abc import Callable

import pytest

from stockfeed_operator.kube.errors import ForbiddenError
from stockfeed_operator.kube.kinds import DEPLOYMENT, FEED, TOPIC, Key
from support.inmemory.feeds import Life
from support.inmemory.stops import (
    BEHIND,
    CrashError,
    autos_behind,
    crashes_at,
    event_reasons,
    running,
)


def _delete(life: Life) -> None:
    life.cluster.remove(Key(FEED.kind, "us"))


def _steps_with_crashes(life: Life, until: Callable[[], bool]) -> int:
    """Reconciles until done, crashing before one of the writes each time.

    Returns:
        the number of crashes.
    """
    crashes = 0
    for number in range(200):
        life.cluster.before_write = crashes_at(number % 5)
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


@pytest.mark.parametrize(
    ("policy", "topics"),
    [("Retain", {"stock-quotes.us.autos", "stock-quotes.us.megacaps"}), ("Delete", set())],
)
def test_deletion_stops_in_order_and_leaves_topics_only_if_retained(
    policy: str, topics: set[str]
) -> None:
    life = running(kafka={"deletionPolicy": policy})
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
    life = running()
    _delete(life)
    life.steps(steps)
    life.cluster.settle(12 * 60)
    life.steps(8)
    assert not life.exists
    assert [write for write in life.cluster.writes if write.startswith("apply Workflow us-last")]
    assert "LastLoadFailed" not in event_reasons(life)


def test_deletion_keeps_topics_that_are_not_drained() -> None:
    life = running(kafka={"deletionPolicy": "Delete"}, drainTimeout="30s")
    life.cluster.answer = autos_behind
    _delete(life)
    life.steps(20)
    assert not life.exists
    assert life.cluster.names(TOPIC) == {"stock-quotes.us.autos"}
    assert "DrainTimedOut" in event_reasons(life)


def test_deletes_a_suspended_feed_immediately() -> None:
    life = running()
    life.change(suspend=True)
    life.rest()
    _delete(life)
    life.step()
    assert not life.exists


def test_deletes_a_paused_feed() -> None:
    life = running()
    life.resource["metadata"]["annotations"] = {"stockfeed.dev/pause-reconciliation": "true"}
    _delete(life)
    life.steps(10)
    assert not life.exists


def test_deletes_an_invalid_feed() -> None:
    life = running()
    life.change(source={"requestsPerMinute": 1})
    _delete(life)
    life.step()
    assert not life.exists


def test_does_not_block_the_deletion_of_a_namespace() -> None:
    life = running()

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
    assert {"Forbidden", "DrainTimedOut", "LastLoadFailed"} <= set(event_reasons(life))


def test_deletion_survives_repeated_crashes() -> None:
    life = running()
    _delete(life)
    crashes = _steps_with_crashes(life, lambda: not life.exists)
    assert crashes > 0
    assert len([write for write in life.cluster.writes if "us-last-load" in write]) == 1
    life.cluster.settle()
    assert {key.kind for key in life.cluster.objects} == {"KafkaTopic"}


def test_feed_of_a_terminating_namespace_is_released_at_once() -> None:
    life = running()
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
    assert "StopInterrupted" in event_reasons(life)
    assert not life.repaired


def test_feed_that_is_not_deleted_keeps_its_finalizer_in_a_terminating_namespace() -> None:
    life = running()
    life.cluster.terminating = True
    del life.cluster.objects[Key(DEPLOYMENT.kind, "us-autos-consumer")]
    life.step()
    assert life.resource["metadata"]["finalizers"]
    assert "StopInterrupted" not in event_reasons(life)
