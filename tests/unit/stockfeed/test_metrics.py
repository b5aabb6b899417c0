"""Compares the catalogue with the roles' registries, and with Prometheus's naming conventions."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml
from prometheus_client import CollectorRegistry

from stockfeed.certificates import CertificateExpiry
from stockfeed.contract.metrics import EXPORTERS, consumer, loader, operator, producer, workflow
from stockfeed.contract.metrics.model import CounterMetric, GaugeMetric, Label, Metric
from stockfeed.contract.metrics.producer import POLLS, REJECTED
from stockfeed.metrics import ConsumerMetrics, LoaderMetrics, ProducerMetrics
from stockfeed.producer.provider import Outcome, Rejected
from stockfeed.producer.quote import read_quote
from stockfeed.settings import KafkaSettings
from stockfeed_operator.metrics import OperatorMetrics

WORKFLOWS = Path(__file__).parents[3] / "workflows"
KAFKA = KafkaSettings.from_env(
    {
        "STOCKFEED_FEED": "us",
        "STOCKFEED_GROUP": "autos",
        "STOCKFEED_KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
        "STOCKFEED_KAFKA_TOPIC": "quotes",
    }
)
ROLES = {
    "producer": (producer.METRICS, ProducerMetrics),
    "consumer": (consumer.METRICS, ConsumerMetrics),
    "loader": (loader.METRICS, LoaderMetrics),
    "operator": (operator.METRICS, OperatorMetrics),
}
ALL = [metric for exporter in EXPORTERS for metric in exporter.metrics]
WORDS = {"seconds": "_seconds", "bytes": "_bytes", "Unix seconds": "_timestamp_seconds"}


def exported(role: str) -> dict[str, tuple[str, str]]:
    """Returns type and help text by metric name, from a scrape of the role's registry."""
    registry = CollectorRegistry()
    ROLES[role][1](registry)
    if role in ("producer", "consumer"):
        registry.register(CertificateExpiry(KAFKA))
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: (
            family.type,
            family.documentation,
        )
        for family in registry.collect()
    }


@pytest.mark.parametrize("role", ROLES)
def test_role_exports_exactly_the_catalogued_metrics(role: str) -> None:
    listed = {metric.name: (metric.kind, metric.meaning) for metric in ROLES[role][0]}
    assert exported(role) == listed


def test_workflows_declare_exactly_the_catalogued_metrics() -> None:
    specs = [yaml.safe_load(file.read_text())["spec"] for file in WORKFLOWS.glob("*.yaml")]
    templates = [template for spec in specs for template in spec["templates"]]
    declared = {}
    for template in templates:
        for metric in template.get("metrics", {}).get("prometheus", ()):
            kind = next(name for name in ("counter", "gauge", "histogram") if name in metric)
            buckets = tuple(metric[kind].get("buckets", ()))
            labels = tuple(label["key"] for label in metric["labels"])
            name = workflow.PREFIX + metric["name"]
            declared[name] = (kind, metric["help"], labels, buckets)
    assert declared == {
        metric.name: (
            metric.kind,
            metric.meaning,
            metric.label_names,
            getattr(metric, "buckets", ()),
        )
        for metric in workflow.METRICS
    }


def test_catalogue_lists_every_exporter() -> None:
    listed = {exporter.metrics for exporter in EXPORTERS}
    assert listed == {metrics for metrics, _ in ROLES.values()} | {workflow.METRICS}


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_name_follows_prometheus_conventions(metric: Metric) -> None:
    name = metric.name
    assert re.fullmatch(r"(argo_workflows_)?stockfeed_[a-z]+(_[a-z]+)*", name)
    assert name.endswith("_total") == isinstance(metric, CounterMetric)
    assert not name.endswith(("_count", "_sum", "_bucket", "_milliseconds", "_minutes"))
    assert metric.meaning.endswith(".")
    if metric.unit in WORDS:
        assert name.removesuffix("_total").endswith(WORDS[metric.unit]) or "_bytes_" in name


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_every_label_lists_its_values_or_its_bound(metric: Metric) -> None:
    for label in metric.labels:
        assert bool(label.values) != bool(label.bound), label.name


def test_same_name_means_same_metric() -> None:
    by_name = {metric.name: metric for metric in ALL}
    assert all(by_name[metric.name] == metric for metric in ALL)


@pytest.mark.parametrize("role", ROLES)
def test_roles_can_be_registered_on_several_registries(role: str) -> None:
    assert exported(role) == exported(role)


def test_series_with_known_labels_start_at_zero() -> None:
    registry = CollectorRegistry()
    ProducerMetrics(registry)
    value = registry.get_sample_value("stockfeed_polls_total", {"outcome": "rate_limited"})
    assert value == 0


def test_series_with_unknown_labels_do_not_exist_before_first_use() -> None:
    registry = CollectorRegistry()
    metric = CounterMetric("x_total", "x", "X.", (Label("kind", bound="kinds"),))
    metric.register(registry)
    assert [sample for family in registry.collect() for sample in family.samples] == []


def test_gauge_family_has_the_catalogued_labels() -> None:
    metric = GaugeMetric("x", "x", "X.", (Label("a", ("1",)), Label("b", ("2",))))
    (sample,) = metric.family([(("1", "2"), 3)]).samples
    assert (sample.labels, sample.value) == ({"a": "1", "b": "2"}, 3)


def test_catalogue_lists_every_poll_outcome() -> None:
    assert set(POLLS.labels[0].values) == {outcome.label for outcome in get_args(Outcome)}


def test_catalogue_lists_every_rejection_reason() -> None:
    bodies = (
        b"{",
        b"[]",
        b'{"c": null, "t": 1}',
        b'{"c": 0, "t": 1}',
        b'{"c": 1, "t": 0}',
        b'{"c": 1, "t": 1, "symbol": "GM"}',
    )
    rejected = [read_quote("F", body) for body in bodies]
    reasons = {answer.reason for answer in rejected if isinstance(answer, Rejected)} | {"too_large"}
    assert reasons == set(REJECTED.labels[0].values)
