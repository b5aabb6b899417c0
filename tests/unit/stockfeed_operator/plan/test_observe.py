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
def test_ready_replicas_excludes_pods_of_an_older_template(deployment: Any, ready: int) -> None:
    assert ready_replicas(deployment) == ready


@pytest.mark.parametrize(
    ("deployment", "expected"), [(None, 0), ({"spec": {}}, 1), ({"spec": {"replicas": 0}}, 0)]
)
def test_replicas_defaults_to_one_if_the_deployment_exists(deployment: Any, expected: int) -> None:
    assert replicas(deployment) == expected


@pytest.mark.parametrize(
    ("metadata", "runs"),
    [
        ({}, True),
        ({"deletionTimestamp": "2026-03-04T15:00:30Z"}, True),
        ({"deletionTimestamp": "2026-03-04T14:59:30Z"}, False),
    ],
)
def test_a_pod_may_be_running_until_its_grace_period_ends(
    metadata: dict[str, str], runs: bool
) -> None:
    assert may_be_running({"metadata": metadata}, NOW) is runs


def test_ignores_status_fields_that_others_added() -> None:
    life = Life()
    life.create()
    life.rest()
    condition = {
        "type": "Other",
        "status": "True",
        "reason": "x",
        "lastTransitionTime": "2026-03-04T15:00:00Z",
    }
    life.resource["status"]["conditions"].append(condition)
    life.resource["status"]["field"] = "other"
    life.cluster.writes.clear()
    life.step()
    assert life.cluster.writes == []


def test_treats_an_invalid_status_as_empty() -> None:
    life = Life()
    life.create()
    life.resource["status"] = {"groups": "none"}
    observed = observe(life.cluster, NAMESPACE, "us")
    assert observed is not None
    assert observed.status.groups == ()
    life.rest()
    assert life.group("autos")["state"] == "Running"
