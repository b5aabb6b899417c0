from datetime import UTC, datetime
from typing import Any

import pytest

from stockfeed_operator.plan.observe import may_be_running, observe, ready_replicas, replicas
from support.inmemory.cluster import NAMESPACE
from support.inmemory.feeds import Life

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deployment", "ready"),
    [
        (None, 0),
        ({"metadata": {"generation": 1}, "spec": {}}, 0),
        ({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}}, 0),
        (
            {
                "metadata": {"generation": 2},
                "status": {"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 2},
            },
            2,
        ),
    ],
)
def test_pods_of_an_older_template_are_not_ready(deployment: Any, ready: int) -> None:
    assert ready_replicas(deployment) == ready


@pytest.mark.parametrize(
    ("deployment", "wanted"), [(None, 0), ({"spec": {}}, 1), ({"spec": {"replicas": 0}}, 0)]
)
def test_replicas(deployment: Any, wanted: int) -> None:
    assert replicas(deployment) == wanted


@pytest.mark.parametrize(
    ("metadata", "runs"),
    [
        ({}, True),
        ({"deletionTimestamp": "2026-03-04T15:00:30Z"}, True),
        ({"deletionTimestamp": "2026-03-04T14:59:30Z"}, False),
    ],
)
def test_a_pod_runs_until_its_grace_period_is_over(metadata: dict[str, str], runs: bool) -> None:
    assert may_be_running({"metadata": metadata}, NOW) is runs


def test_what_others_put_into_the_status_is_passed_over() -> None:
    life = Life()
    life.create()
    life.rest()
    theirs = {
        "type": "Theirs",
        "status": "True",
        "reason": "x",
        "lastTransitionTime": "2026-03-04T15:00:00Z",
    }
    life.resource["status"]["conditions"].append(theirs)
    life.resource["status"]["field"] = "theirs"
    life.cluster.writes.clear()
    life.step()
    assert life.cluster.writes == []


def test_a_status_that_makes_no_sense_is_as_good_as_none() -> None:
    life = Life()
    life.create()
    life.resource["status"] = {"groups": "none"}
    seen = observe(life.cluster, NAMESPACE, "us")
    assert seen is not None
    assert seen.status.groups == ()
    life.rest()
    assert life.group("autos")["state"] == "Running"
