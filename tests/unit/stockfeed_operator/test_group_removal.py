"""Removing a symbol group from a running feed, in the in-memory cluster."""

import pytest

from stockfeed_operator.kube.kinds import TOPIC, WORKFLOW
from support.inmemory.cluster import InMemoryCluster
from support.inmemory.feeds import resource
from support.inmemory.stops import BEHIND, CrashError, crashes_at, running


def test_drains_and_deletes_a_removed_group_of_a_running_feed() -> None:
    life = running()
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
    life = running(drainTimeout="30s", kafka={"deletionPolicy": "Delete"})
    life.cluster.answer = lambda pod: None
    life.change(symbolGroups=resource()["spec"]["symbolGroups"][:1])
    life.rest()
    assert life.replicas("autos-consumer") is None
    assert "no response from us-autos-consumer-0" in life.condition("DrainTimedOut")["message"]
    assert "stock-quotes.us.autos" in life.cluster.names(TOPIC)


def test_deletes_the_topic_of_a_drained_group_if_the_policy_is_delete() -> None:
    life = running(kafka={"deletionPolicy": "Delete"})
    life.change(symbolGroups=resource()["spec"]["symbolGroups"][:1])
    life.rest()
    assert life.cluster.names(TOPIC) == {"stock-quotes.us.megacaps"}
    assert life.group("autos") == {}


@pytest.mark.parametrize("policy", ["Retain", "Delete"])
def test_removing_a_group_survives_a_crash_before_any_write(policy: str) -> None:
    for number in range(12):
        life = running(kafka={"deletionPolicy": policy})
        life.change(symbolGroups=resource()["spec"]["symbolGroups"][:1])
        crashed = False
        for _ in range(12):
            life.cluster.before_write = crashes_at(number) if not crashed else lambda write: None
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
