"""docs/kind.md matches the charts and scripts."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from click.testing import CliRunner

from stockfeed_operator.cli import main
from support.helm.cli import template

ROOT = Path(__file__).parents[3]
CHARTS = ROOT / "charts"
PAGE = (ROOT / "docs" / "kind.md").read_text()
UPSTREAM = {
    "Argo Workflows": ("argo-workflows", ("controller", "server")),
    "Prometheus, Grafana": ("kube-prometheus-stack", ("prometheus.prometheusSpec", "grafana")),
    "MinIO": ("minio", ("",)),
}


class Requests(NamedTuple):
    """Resource requests, in millicores and mebibytes."""

    cpu: int
    memory: int

    def __add__(self, other: Any) -> "Requests":
        return Requests(self.cpu + other.cpu, self.memory + other.memory)


NOTHING = Requests(0, 0)


def requests(resources: dict[str, Any]) -> Requests:
    cpu, memory = str(resources["requests"]["cpu"]), resources["requests"]["memory"]
    mebibytes = int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)
    return Requests(int(cpu.removesuffix("m")), mebibytes)


def total(*objects: Any) -> Requests:
    return sum((requests(found) for found in _resources(objects)), start=NOTHING)


def _resources(tree: Any) -> Iterator[dict[str, Any]]:
    for name, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if name == "resources" and isinstance(value, dict) and "cpu" in value["requests"]:
            yield value
        elif isinstance(value, dict | list):
            yield from _resources(value)


@cache
def rows() -> dict[str, Requests]:
    cells = re.findall(r"^\| (.+?) \| \**(\d+)m\** \| \**(\d+)Mi\** \|", PAGE, re.MULTILINE)
    return {name.strip("*"): Requests(int(cpu), int(memory)) for name, cpu, memory in cells}


def feed() -> list[dict[str, Any]]:
    done = CliRunner().invoke(main, ["render", "-f", str(CHARTS / "kind" / "feed.yaml")])
    return list(yaml.safe_load_all(done.output))


def values(chart: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CHARTS / "upstream" / f"{chart}.yaml").read_text()))


def test_sum_matches_the_rows() -> None:
    told = dict(rows())
    sum_told = told.pop("sum")

    assert len(told) == 8
    assert sum(told.values(), start=NOTHING) == sum_told


def test_requests_of_our_charts_match_the_page() -> None:
    platform = CHARTS / "stockfeed-platform"
    operator = [
        part
        for part in template(CHARTS / "stockfeed-operator", CHARTS / "kind/stockfeed-operator.yaml")
        if part["kind"] == "Deployment"
    ]

    kafka_and_stand_ins = template(platform, platform / "values-kind.yaml")

    assert (
        total(*kafka_and_stand_ins)
        == rows()["Kafka with its topic operator, emulator, quote server"]
    )
    assert total(*operator) == rows()["StockFeed's operator"]


def test_requests_of_the_feed_match_the_page() -> None:
    deployments = [part for part in feed() if part["kind"] == "Deployment"]
    load = [
        part
        for part in feed()
        if (part["kind"], part["metadata"]["name"]) == ("CronWorkflow", "us-equities-load")
    ]

    assert total(*deployments) == rows()["sample feed: two producers, two consumers"]
    executor = total(values("argo-workflows")["executor"])
    assert total(*load) + executor == rows()["sample feed: the minute's load and build"]


@pytest.mark.parametrize("row", UPSTREAM)
def test_requests_of_upstream_charts_match_the_page(row: str) -> None:
    chart, paths = UPSTREAM[row]
    found = NOTHING
    for path in paths:
        part = values(chart)
        for name in filter(None, path.split(".")):
            part = part[name]
        found += requests(part["resources"])

    assert found == rows()[row]


def test_feeds_on_the_page_are_valid() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

    assert len(blocks) == 1
    for block in blocks:
        done = CliRunner().invoke(main, ["render", "-f", "-"], input=block)
        assert done.exit_code == 0, done.output


def test_steps_on_the_page_match_the_script() -> None:
    script = (CHARTS / "kind" / "up.sh").read_text()
    (steps,) = re.findall(r"^STEPS=\((.*)\)$", script, re.MULTILINE)

    assert f"`{steps}`" in PAGE
