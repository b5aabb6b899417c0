"""Metrics of systems that do not run in the test: Argo's controller, kubelet, Kafka and others.

Names are those of the metric catalogue and of `grafana.external`, labels those of the systems'
documentation. The values are invented and grow steadily.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from grafana import external
from stockfeed.contract.metrics import EXPORTERS, operator, workflow
from stockfeed.contract.metrics.model import HistogramMetric, Metric
from stockfeed.contract.metrics.shared import CERTIFICATE_EXPIRY


@dataclass(frozen=True)
class Series:
    """A time series.

    Attributes:
        name: the metric's name.
        labels: the series' labels.
        start: the value at the beginning of the test.
        growth: the increase per second.
    """

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    start: float = 0
    growth: float = 0


class Standin(Collector):
    """Collects the series; all of them as gauges, so that no suffix is added to their names."""

    def __init__(self, series: Iterable[Series]) -> None:
        self._series = tuple(series)
        self._began = time.monotonic()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yields the current values."""
        passed = time.monotonic() - self._began
        for name in dict.fromkeys(series.name for series in self._series):
            same = [series for series in self._series if series.name == name]
            family = GaugeMetricFamily(name, "made up", labels=tuple(same[0].labels))
            for series in same:
                value = series.start + series.growth * passed
                family.add_metric(tuple(series.labels.values()), value)
            yield family


def registry(series: Iterable[Series]) -> CollectorRegistry:
    """Returns a registry of the series, for an exporter."""
    found = CollectorRegistry()
    found.register(Standin(series))
    return found


def controller(namespace: str, feed: str) -> Iterator[Series]:
    """Yields the metrics of Argo's workflow controller for one feed with a run every minute."""
    labels = {"namespace": namespace, "feed": feed}
    run = 1 / 60
    for metric, each in ((workflow.ROWS, 420), (workflow.FILES, 6), (workflow.BYTES, 90_000)):
        yield Series(metric.name, labels, 5 * each, each * run)
    yield from _histogram(workflow.LOAD_DURATION, labels, 4.2, run)
    yield from _histogram(workflow.BUILD_DURATION, labels, 11.0, run)
    for gauge in (workflow.PARTITIONS_WAITING, workflow.PARTITIONS_FAILED):
        yield Series(gauge.name, labels)
    for result, count in (("Error", 0), ("Failed", 0), ("Succeeded", 1)):
        yield _counted(workflow.DAILY_BUILDS, {**labels, "result": result}, count)
    cron = {"name": f"{feed}-load", "namespace": namespace}
    yield Series(external.ARGO_TRIGGERED, cron, 5, run)
    yield Series(external.ARGO_SUPPRESSED, {**cron, "concurrency_policy": "Forbid"}, 1, run / 10)


def controller_itself() -> Iterator[Series]:
    """Yields the metrics of Argo's workflow controller for all its workflows."""
    for phase, count in (("Running", 1), ("Succeeded", 14), ("Failed", 0), ("Error", 0)):
        yield Series(external.ARGO_WORKFLOWS, {"phase": phase}, count)
    for queue, depth in (("workflow_queue", 2), ("cron_wf_queue", 0), ("pod_cleanup_queue", 1)):
        yield Series(external.ARGO_QUEUE_DEPTH, {"queue_name": queue}, depth)


def pods(namespace: str, names: Iterable[tuple[str, str]]) -> Iterator[Series]:
    """Yields the kubelet's and kube-state-metrics' metrics of pods with one container."""
    for number, (pod, container) in enumerate(names):
        labels = {"namespace": namespace, "pod": pod, "container": container}
        yield Series(external.CPU, labels, 10, 0.02 * (number + 1))
        yield Series(external.MEMORY, labels, 90e6 + 12e6 * number)
        yield Series(external.POD_RESTARTS, labels, 0)
        # The kubelet also exports the pod's cgroup, which is the sum of its containers.
        whole = {**labels, "container": ""}
        yield Series(external.CPU, whole, 10, 0.02 * (number + 1))
        yield Series(external.MEMORY, whole, 90e6 + 12e6 * number)


def kafka(namespace: str, topics: Iterable[str]) -> Iterator[Series]:
    """Yields the metrics of a broker with Strimzi's metrics reporter."""
    broker = {"namespace": namespace, "pod": "stocks-dual-0"}
    for number, topic in enumerate(topics):
        labels = {**broker, "topic": topic}
        yield Series(external.KAFKA_MESSAGES_IN, labels, 100, 2 + number)
        yield Series(external.KAFKA_LOG_SIZE, {**labels, "partition": "0"}, 5e6, 300)
        yield Series(external.KAFKA_UNDER_MIN_ISR, {**labels, "partition": "0"})
    # The reporter also exports the sum over all topics, with an empty label.
    yield Series(external.KAFKA_MESSAGES_IN, {**broker, "topic": ""}, 200, 5)
    for name in (external.KAFKA_UNDER_REPLICATED, external.KAFKA_OFFLINE):
        yield Series(name, broker)


def certificates(namespace: str, feed: str, group: str) -> Iterator[Series]:
    """Yields a consumer's metrics of a certificate that expires in 20 days, its CA in a year."""
    labels = {"namespace": namespace, "feed": feed, "group": group, "role": "consumer"}
    for certificate, days in (("ca", 365), ("client", 20)):
        ends = time.time() + days * 86_400
        yield Series(CERTIFICATE_EXPIRY.name, {**labels, "certificate": certificate}, ends)


def many(namespace: str, feeds: int) -> Iterator[Series]:
    """Yields one series of each metric in the catalogue for each of many feeds with one group."""
    for number in range(feeds):
        feed = f"feed-{number:03}"
        pod = {"group": "all", "role": "producer", "pod": f"{feed}-all-producer-0"}
        labels = {"namespace": namespace, "feed": feed, **pod}
        for metric in dict.fromkeys(metric for made in EXPORTERS for metric in made.metrics):
            own = {label.name: "0" for label in metric.labels if label.name not in labels}
            if metric in operator.METRICS:
                own["pod"] = "operator-0"
            names = [metric.name]
            if isinstance(metric, HistogramMetric):
                yield Series(f"{metric.name}_bucket", {**labels, **own, "le": "+Inf"}, 1, 1)
                names = [f"{metric.name}_sum", f"{metric.name}_count"]
            for name in names:
                yield Series(name, {**labels, **own}, 1, 1)


def _counted(metric: Metric, labels: dict[str, str], value: float) -> Series:
    return Series(metric.name, labels, value)


def _histogram(
    metric: HistogramMetric, labels: dict[str, str], seconds: float, runs: float
) -> Iterator[Series]:
    """Yields a histogram whose observations are all equal."""
    for bound in (*metric.buckets, float("inf")):
        counted = float(seconds <= bound)
        edge = "+Inf" if bound == float("inf") else str(bound)
        yield Series(f"{metric.name}_bucket", {**labels, "le": edge}, 5 * counted, runs * counted)
    yield Series(f"{metric.name}_sum", labels, 5 * seconds, runs * seconds)
    yield Series(f"{metric.name}_count", labels, 5, runs)
