"""Validates the platform chart's custom objects with the CRDs that other projects publish."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.crd.tool import CrdCheck, Subject
from support.crd.upstream import upstream_crd
from support.helm.cli import template

pytestmark = pytest.mark.timeout(1800)

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "stockfeed-platform"
VALUES = {
    "none": None,
    "kind": CHART / "values-kind.yaml",
    "cloud": CHART / "examples" / "values-cloud.yaml",
    "full": ROOT / "tests" / "unit" / "charts" / "values" / "platform-full.yaml",
}
KINDS = {
    "none": {"Kafka", "KafkaNodePool"},
    "kind": {"Kafka", "KafkaNodePool", "PodMonitor"},
    "cloud": {"Kafka", "KafkaNodePool", "KafkaUser", "PodMonitor"},
    "full": {"Kafka", "KafkaNodePool", "KafkaUser", "PodMonitor"},
}


def custom_objects(values: str) -> dict[str, list[Subject]]:
    """Renders a values file and returns the custom objects, by kind."""
    found = defaultdict(list)
    for part in template(CHART, VALUES[values]):
        if part["apiVersion"].startswith(("kafka.strimzi.io/", "monitoring.coreos.com/")):
            found[part["kind"]].append(Subject(part))
    return found


@pytest.mark.parametrize("values", VALUES)
def test_published_crds_accept_the_objects_of_the_platform(values: str, crdcheck: CrdCheck) -> None:
    objects = custom_objects(values)
    assert set(objects) == KINDS[values]
    for kind, subjects in objects.items():
        assert crdcheck.judge([upstream_crd(kind)], subjects).objects == [[] for _ in subjects]


@pytest.mark.parametrize(
    "path",
    [ROOT / "charts" / "kind" / "feed.yaml", *sorted(CHART.glob("examples/feed-*.yaml"))],
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_api_server_accepts_the_example_feeds(
    path: Path, crdcheck: CrdCheck, crd_file: Path
) -> None:
    feed = Subject(yaml.safe_load(path.read_text()))
    assert crdcheck.judge([crd_file], [feed]).objects == [[]]


def _use_the_removed_storage(kafka: dict[str, Any]) -> None:
    kafka["spec"]["kafka"]["storage"] = {"type": "ephemeral"}


def _set_an_unknown_role(pool: dict[str, Any]) -> None:
    pool["spec"]["roles"] = ["leader"]


def _misspell_operations(user: dict[str, Any]) -> None:
    acl = user["spec"]["authorization"]["acls"][0]
    acl["operation"] = acl.pop("operations")


@pytest.mark.parametrize(
    ("kind", "corrupt", "problem"),
    [
        ("Kafka", _use_the_removed_storage, 'unknown field "spec.kafka.storage"'),
        ("KafkaNodePool", _set_an_unknown_role, "spec.roles[0]"),
        ("KafkaUser", _misspell_operations, 'unknown field "spec.authorization.acls[0].operation"'),
    ],
)
def test_published_crds_reject_invalid_fields(
    kind: str, corrupt: Callable[[dict[str, Any]], None], problem: str, crdcheck: CrdCheck
) -> None:
    subject = custom_objects("cloud")[kind][0]
    corrupt(subject.feed)
    (problems,) = crdcheck.judge([upstream_crd(kind)], [subject]).objects
    assert problem in "\n".join(problems)
