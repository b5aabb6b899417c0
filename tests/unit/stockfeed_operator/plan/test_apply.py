"""Drift, ownership conflicts, adoption and rejected objects."""

from dataclasses import replace
from typing import Any

import pytest

from stockfeed_operator.kube.errors import ClusterError
from stockfeed_operator.kube.kinds import (
    CONFIG_MAP,
    CRON_WORKFLOW,
    DEPLOYMENT,
    TOPIC,
    WORKFLOW_TEMPLATE,
    Key,
    Manifest,
)
from stockfeed_operator.manifests.metadata import FEED_LABEL
from stockfeed_operator.plan.ownership import ADOPT_ANNOTATION
from support.inmemory.feeds import Life


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
def test_recreates_deleted_objects(life: Life, kind: Any, name: str) -> None:
    del life.cluster.objects[Key(kind.kind, name)]
    life.step()
    assert life.repaired == [Key(kind.kind, name)]
    events = [event.message for event in life.cluster.events if event.reason == "DriftRepaired"]
    assert events == [
        f"{kind.kind} {name} was changed or deleted by another client and has been restored"
    ]
    life.rest()
    assert name in life.cluster.names(kind)


@pytest.mark.parametrize("failing_write", ["status us", "apply ConfigMap us-shares"])
def test_reports_each_repair_once_even_if_the_reconcile_fails_later(
    life: Life, failing_write: str
) -> None:
    account = Key("ServiceAccount", "us")
    for key in (account, Key("ConfigMap", "us-shares"), Key("KafkaTopic", "stock-quotes.us.autos")):
        del life.cluster.objects[key]

    def fail(write: str) -> None:
        if write == failing_write:
            raise ClusterError("the API server is unavailable")

    life.cluster.before_write = fail
    with pytest.raises(ClusterError):
        life.step()
    assert account in life.repaired
    life.cluster.before_write = lambda write: None
    life.rest()
    assert len(life.repaired) == 3
    events = [event for event in life.cluster.events if event.reason == "DriftRepaired"]
    assert len(events) == 3


def test_restores_changed_fields_and_keeps_added_ones(life: Life) -> None:
    def change(live: Manifest) -> None:
        live["spec"]["replicas"] = 7
        live["metadata"]["annotations"]["other"] = "kept"
        live["spec"]["template"]["spec"]["containers"].append({"name": "sidecar"})

    life.cluster.edit(DEPLOYMENT, "us-autos-consumer", change)
    life.step()
    assert life.repaired == [Key("Deployment", "us-autos-consumer")]
    live = life.cluster.objects[Key("Deployment", "us-autos-consumer")]
    assert live["spec"]["replicas"] == 2
    assert live["metadata"]["annotations"]["other"] == "kept"
    assert [part["name"] for part in live["spec"]["template"]["spec"]["containers"]] == [
        "consumer",
        "sidecar",
    ]


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
def test_does_not_touch_objects_of_another_owner(
    owners: list[dict[str, Any]], labels: dict[str, str]
) -> None:
    life = Life()
    existing = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "us-shares", "labels": labels, "ownerReferences": owners},
        "data": {"other": "1"},
    }
    life.cluster.create(existing)
    life.create()
    life.step()
    assert life.cluster.objects[Key("ConfigMap", "us-shares")]["data"] == {"other": "1"}
    condition = life.condition("NotApplied")
    assert condition["reason"] == "NameTaken"
    assert "ConfigMap us-shares" in condition["message"]
    assert life.condition("Ready")["reason"] == "NameTaken"
    assert "delete ConfigMap us-shares" not in life.cluster.writes


def test_adopts_an_annotated_topic_by_name() -> None:
    life = Life()
    life.cluster.create(
        {
            "apiVersion": TOPIC.api_version,
            "kind": TOPIC.kind,
            "metadata": {
                "name": "stock-quotes.us.autos",
                "annotations": {ADOPT_ANNOTATION: "us"},
            },
            "spec": {"partitions": 1},
        }
    )
    life.create()
    life.rest()
    topic = life.cluster.objects[Key("KafkaTopic", "stock-quotes.us.autos")]
    assert topic["metadata"]["labels"][FEED_LABEL] == "us"
    assert topic["spec"]["partitions"] == 3
    assert "ownerReferences" not in topic["metadata"]


def test_replaces_a_role_binding_whose_role_has_changed(life: Life) -> None:
    life.installation = replace(life.installation, task_results_role="renamed-task-results")
    life.rest()
    binding = life.cluster.objects[Key("RoleBinding", "us-load")]
    assert binding["roleRef"]["name"] == "renamed-task-results"
    assert life.condition("NotApplied") == {}
    assert life.condition("Ready")["status"] == "True"
    assert life.repaired == []


def test_reports_a_rejected_object_and_applies_the_others() -> None:
    life = Life()
    life.cluster.refuse = {"us-autos-consumer"}
    life.create()
    life.rest()
    condition = life.condition("NotApplied")
    assert condition["reason"] == "Rejected"
    assert "Deployment us-autos-consumer: us-autos-consumer is invalid" in condition["message"]
    assert "us-autos-producer" in life.cluster.names(DEPLOYMENT)
