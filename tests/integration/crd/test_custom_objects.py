"""Validates the operator's custom objects with the CRDs that other projects publish."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.plan.desired import render
from stockfeed_operator.spec.validate import check
from support.crd.table import Case, schema_cases
from support.crd.tool import CrdCheck, Subject
from support.crd.upstream import upstream_crd
from support.helm.cli import template

pytestmark = pytest.mark.timeout(1800)

CHART = Path(__file__).parents[3] / "charts" / "stockfeed-operator"
INSTALLATION = Installation("stockfeed/pipeline:1", "stockfeed/dbt:1", "task-results", "1")
FEEDS = [case for case in schema_cases() if case.valid]
KINDS = ("KafkaTopic", "CronWorkflow", "PodMonitor")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", FEEDS, ids=lambda case: case.name)
def test_published_crds_accept_the_objects_of_a_feed(
    case: Case, kind: str, crdcheck: CrdCheck
) -> None:
    objects = [part for part in render(check(case.feed), INSTALLATION) if part["kind"] == kind]
    assert objects
    found = crdcheck.judge([upstream_crd(kind)], [Subject(part) for part in objects])
    assert found.objects == [[] for _ in objects]


def test_published_crd_accepts_the_charts_pod_monitor(crdcheck: CrdCheck) -> None:
    monitors = [
        part
        for part in template(CHART, None, "--set", "podMonitor.enabled=true")
        if part["kind"] == "PodMonitor"
    ]
    found = crdcheck.judge([upstream_crd("PodMonitor")], [Subject(part) for part in monitors])
    assert found.objects == [[]]


def _misspell_partitions(topic: dict[str, Any]) -> None:
    topic["spec"]["partition"] = topic["spec"].pop("partitions")


def _set_zero_partitions(topic: dict[str, Any]) -> None:
    topic["spec"]["partitions"] = 0


def _use_the_removed_schedule(workflow: dict[str, Any]) -> None:
    workflow["spec"]["schedule"] = workflow["spec"].pop("schedules")[0]


def _misspell_endpoints(monitor: dict[str, Any]) -> None:
    monitor["spec"]["podMetricEndpoints"] = monitor["spec"].pop("podMetricsEndpoints")


@pytest.mark.parametrize(
    ("kind", "corrupt", "problem"),
    [
        ("KafkaTopic", _misspell_partitions, 'unknown field "spec.partition"'),
        (
            "KafkaTopic",
            _set_zero_partitions,
            "spec.partitions: Invalid value: 0: "
            "spec.partitions in body should be greater than or equal to 1",
        ),
        ("CronWorkflow", _use_the_removed_schedule, "spec.schedules: Required value"),
        ("PodMonitor", _misspell_endpoints, 'unknown field "spec.podMetricEndpoints"'),
    ],
)
def test_published_crds_reject_invalid_fields(
    kind: str,
    corrupt: Callable[[dict[str, Any]], None],
    problem: str,
    crdcheck: CrdCheck,
) -> None:
    manifests = render(check(FEEDS[0].feed), INSTALLATION)
    corrupted = next(part for part in manifests if part["kind"] == kind)
    corrupt(corrupted)
    (problems,) = crdcheck.judge([upstream_crd(kind)], [Subject(corrupted)]).objects
    assert problem in problems
