"""Objects that somebody else has changed, deleted, made before, or that are refused."""

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
def test_what_somebody_deletes_comes_back(life: Life, kind: Any, name: str) -> None:
    del life.cluster.objects[Key(kind.kind, name)]
    life.step()
    assert life.repaired == [Key(kind.kind, name)]
    told = [notice.message for notice in life.cluster.events if notice.reason == "DriftRepaired"]
    assert told == [
        f"{kind.kind} {name} was changed or deleted by another client and has been restored"
    ]
    life.rest()
    assert name in life.cluster.names(kind)


@pytest.mark.parametrize("refused", ["status us", "apply ConfigMap us-shares"])
def test_a_repair_is_told_once_whatever_else_fails_after_it(life: Life, refused: str) -> None:
    account = Key("ServiceAccount", "us")
    for key in (account, Key("ConfigMap", "us-shares"), Key("KafkaTopic", "stock-quotes.us.autos")):
        del life.cluster.objects[key]

    def refuse(write: str) -> None:
        if write == refused:
            raise ClusterError("the API server is away")

    life.cluster.before_write = refuse
    with pytest.raises(ClusterError):
        life.step()
    assert account in life.repaired
    life.cluster.before_write = lambda write: None
    life.rest()
    assert len(life.repaired) == 3
    told = [notice for notice in life.cluster.events if notice.reason == "DriftRepaired"]
    assert len(told) == 3


def test_what_somebody_changes_is_put_right_and_what_they_add_stays(life: Life) -> None:
    def change(live: Manifest) -> None:
        live["spec"]["replicas"] = 7
        live["metadata"]["annotations"]["theirs"] = "stays"
        live["spec"]["template"]["spec"]["containers"].append({"name": "sidecar"})

    life.cluster.edit(DEPLOYMENT, "us-autos-consumer", change)
    life.step()
    assert life.repaired == [Key("Deployment", "us-autos-consumer")]
    live = life.cluster.objects[Key("Deployment", "us-autos-consumer")]
    assert live["spec"]["replicas"] == 2
    assert live["metadata"]["annotations"]["theirs"] == "stays"
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


def test_a_binding_to_the_role_of_another_installation_is_made_anew(life: Life) -> None:
    life.installation = replace(life.installation, task_results_role="renamed-task-results")
    life.rest()
    binding = life.cluster.objects[Key("RoleBinding", "us-load")]
    assert binding["roleRef"]["name"] == "renamed-task-results"
    assert life.condition("NotApplied") == {}
    assert life.condition("Ready")["status"] == "True"
    assert life.repaired == []


def test_a_rejected_object_is_a_condition_and_the_others_go_on() -> None:
    life = Life()
    life.cluster.refuse = {"us-autos-consumer"}
    life.create()
    life.rest()
    said = life.condition("NotApplied")
    assert said["reason"] == "Rejected"
    assert "Deployment us-autos-consumer: us-autos-consumer is invalid" in said["message"]
    assert "us-autos-producer" in life.cluster.names(DEPLOYMENT)
