"""Foreign objects and failing webhooks, in the in-memory cluster."""

import contextlib
import itertools
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from stockfeed_operator.kube.errors import FailedRequestError
from stockfeed_operator.kube.kinds import (
    CRON_WORKFLOW,
    DEPLOYMENT,
    ROLE_BINDING,
    TOPIC,
    WORKFLOW_TEMPLATE,
    Key,
    Manifest,
)
from stockfeed_operator.manifests.metadata import FEED_LABEL
from stockfeed_operator.plan.ownership import ADOPT_ANNOTATION
from support.inmemory.feeds import Life

_NAME = "payments.orders.v1"
_CONFIG = {"cleanup.policy": "compact", "retention.ms": 31_536_000_000}
_OWNER = {"kind": "KafkaStream", "name": "x", "uid": "uid-1", "controller": True}


def _spec(policy: str = "Delete", **kafka: Any) -> dict[str, Any]:
    """Returns the spec of a feed whose only group uses the topic `payments.orders.v1`."""
    return {
        "symbolGroups": [{"name": "v1", "symbols": ["F"]}],
        "kafka": {"topicPrefix": "payments", "deletionPolicy": policy, **kafka},
    }


def _topic(**metadata: Any) -> Manifest:
    return {
        "apiVersion": TOPIC.api_version,
        "kind": TOPIC.kind,
        "metadata": {"name": _NAME, **metadata},
        "spec": {"partitions": 12, "config": dict(_CONFIG)},
    }


def _writes(life: Life, kind: str) -> list[str]:
    return [write for write in life.cluster.writes if f" {kind} " in write]


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"labels": {FEED_LABEL: "orders"}},
        {"labels": {FEED_LABEL: "other"}, "annotations": {ADOPT_ANNOTATION: "orders"}},
        {"annotations": {ADOPT_ANNOTATION: "other"}},
        {"annotations": {ADOPT_ANNOTATION: ""}},
        {"annotations": {ADOPT_ANNOTATION: "orders"}, "ownerReferences": [_OWNER]},
    ],
)
def test_neither_writes_nor_deletes_a_topic_of_others(metadata: dict[str, Any]) -> None:
    life = Life(name="orders")
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    assert life.cluster.create(owner)["metadata"]["uid"] == _OWNER["uid"]
    before = deepcopy(life.cluster.create(_topic(**metadata)))
    life.create(**_spec())
    life.rest()
    condition = life.condition("NotApplied")
    assert condition["reason"] == "NameTaken"
    assert f"KafkaTopic {_NAME}" in condition["message"]
    assert life.condition("Ready")["reason"] == "NameTaken"
    life.cluster.remove(Key("StockFeed", "orders"))
    life.steps(80)
    assert not life.exists
    after = life.cluster.objects[Key("KafkaTopic", _NAME)]
    assert (after["spec"], after["metadata"]) == (before["spec"], before["metadata"])
    assert _writes(life, "KafkaTopic") == []


def test_says_how_to_let_a_feed_adopt_a_topic() -> None:
    life = Life(name="orders")
    life.cluster.create(_topic())
    life.create(**_spec())
    life.step()
    text = f"annotate the topic with {ADOPT_ANNOTATION}: orders"
    assert text in life.condition("NotApplied")["message"]


def test_neither_publishes_to_nor_reads_from_a_topic_of_others() -> None:
    life = Life(name="orders")
    life.cluster.create(_topic())
    life.create(**_spec())
    life.rest()
    assert life.cluster.names(DEPLOYMENT) == set()


def test_adopts_a_topic_that_opts_in_and_deletes_it_with_the_feed() -> None:
    life = Life(name="orders")
    life.cluster.create(_topic(annotations={ADOPT_ANNOTATION: "orders"}))
    life.create(**_spec())
    life.rest()
    topic = life.cluster.objects[Key("KafkaTopic", _NAME)]
    assert topic["metadata"]["labels"][FEED_LABEL] == "orders"
    assert topic["spec"]["config"]["cleanup.policy"] == "delete"
    assert life.condition("NotApplied") == {}
    life.cluster.remove(Key("StockFeed", "orders"))
    life.steps(20)
    assert not life.exists
    assert life.cluster.names(TOPIC) == set()


def test_a_feed_created_again_owns_the_topics_of_its_earlier_life() -> None:
    life = Life(name="orders")
    life.create(**_spec("Retain"))
    life.rest()
    uid = life.cluster.objects[Key("KafkaTopic", _NAME)]["metadata"]["uid"]
    life.cluster.remove(Key("StockFeed", "orders"))
    life.steps(20)
    assert not life.exists
    life.cluster.settle()
    life.create(**_spec("Retain", partitions=24))
    life.rest()
    topic = life.cluster.objects[Key("KafkaTopic", _NAME)]
    assert (topic["metadata"]["uid"], topic["spec"]["partitions"]) == (uid, 24)
    assert life.condition("NotApplied") == {}
    life.change(kafka={"deletionPolicy": "Delete"})
    life.cluster.remove(Key("StockFeed", "orders"))
    life.steps(20)
    assert life.cluster.names(TOPIC) == set()


def _account(name: str) -> Manifest:
    metadata = {"name": name, "labels": {"team": "x"}}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


_DEPLOYMENTS = {
    f"us-{group}-{role}" for group in ("autos", "megacaps") for role in ("consumer", "producer")
}
_BY_OTHERS = {
    "us": (set(), {"us-load", "us-daily"}),
    "us-load": (_DEPLOYMENTS, set()),
}


@pytest.mark.parametrize("account", ["us", "us-load"])
def test_runs_nothing_under_a_service_account_of_others(account: str) -> None:
    life = Life()
    life.cluster.create(_account(account))
    life.create()
    life.rest()
    assert life.condition("Ready")["reason"] == "NameTaken"
    assert f"ServiceAccount {account}" in life.condition("Ready")["message"]
    deployments, crons = _BY_OTHERS[account]
    assert life.cluster.names(DEPLOYMENT) == deployments
    assert life.cluster.names(CRON_WORKFLOW) & {"us-load", "us-daily"} == crons
    if account == "us-load":
        assert life.cluster.names(ROLE_BINDING) == set()
        assert life.cluster.names(WORKFLOW_TEMPLATE) == set()


@pytest.mark.parametrize("account", ["us", "us-load"])
def test_stops_pods_whose_service_account_is_replaced_by_that_of_others(
    life: Life, account: str
) -> None:
    del life.cluster.objects[Key("ServiceAccount", account)]
    life.cluster.create(_account(account))
    life.rest()
    running = {name for name in _DEPLOYMENTS if life.replicas(name.removeprefix("us-"))}
    suspended = life.cluster.objects[Key("CronWorkflow", "us-load")]["spec"]["suspend"]
    assert (running, suspended) == ((set(), False) if account == "us" else (_DEPLOYMENTS, True))
    writes = len(life.cluster.writes)
    life.step()
    assert len(life.cluster.writes) == writes
    del life.cluster.objects[Key("ServiceAccount", account)]
    life.rest()
    assert life.condition("NotApplied") == {}
    assert life.replicas("autos-consumer") == 2
    assert not life.cluster.objects[Key("CronWorkflow", "us-load")]["spec"]["suspend"]


@pytest.mark.parametrize("account", ["us", "us-load"])
def test_deletes_a_feed_whose_service_account_belongs_to_others(account: str) -> None:
    life = Life()
    life.cluster.create(_account(account))
    life.create()
    life.rest()
    life.cluster.remove(Key("StockFeed", "us"))
    life.steps(80, seconds=20)
    assert not life.exists
    assert life.cluster.objects[Key("ServiceAccount", account)]["metadata"]["labels"] == {
        "team": "x"
    }


def _fails_with_500(*writes: str) -> Callable[[str], None]:
    numbers = itertools.count()

    def before_write(write: str) -> None:
        if write.startswith(writes):
            raise FailedRequestError(f"webhook failed, request {next(numbers)}", "500")

    return before_write


def test_applies_the_other_objects_while_the_write_of_one_fails() -> None:
    life = Life()
    life.cluster.before_write = _fails_with_500("apply ConfigMap")
    life.create()
    life.rest()
    condition = life.condition("NotApplied")
    assert (condition["reason"], life.condition("Ready")["reason"]) == ("ReconcileFailed",) * 2
    assert "ConfigMap us-shares: the API server failed to write it (500)" in condition["message"]
    assert life.cluster.names(DEPLOYMENT) == _DEPLOYMENTS
    # The answer differs each time, but the status must not: each write would cause another try.
    writes, events = len(life.cluster.writes), len(life.cluster.events)
    assert life.step().failed
    assert (len(life.cluster.writes), len(life.cluster.events)) == (writes, events)
    life.cluster.before_write = lambda write: None
    life.rest()
    assert life.condition("NotApplied") == {}
    assert not life.step().failed


@pytest.mark.parametrize("writes", [("apply Deployment",), ("apply", "delete")])
def test_deletion_ends_in_time_while_writes_fail(life: Life, writes: tuple[str, ...]) -> None:
    life.change(kafka={"deletionPolicy": "Delete"})
    life.rest()
    life.cluster.before_write = _fails_with_500(*writes)
    life.cluster.remove(Key("StockFeed", "us"))
    began = life.cluster.now
    while life.exists:
        with contextlib.suppress(FailedRequestError):
            life.step()
        life.cluster.settle(20)
        assert life.cluster.now - began < timedelta(minutes=17)
    if "delete" in writes:
        assert "NotDeleted" in [event.reason for event in life.cluster.events]
