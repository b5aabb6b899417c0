"""Stands in for what does not run in the test: Argo's controller, kubelet, Kafka and others.

The names are those of the catalogue and of `grafana.external`, the labels those that their
documentation gives. The figures are made up and grow steadily.
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
    """One series.

    Attributes:
        start: its value when the test began.
        growth: what it grows by each second.
    """

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    start: float = 0
    growth: float = 0


class Standin(Collector):
    """Serves the series; every one as a gauge, so that no suffix is added to a name."""

    def __init__(self, series: Iterable[Series]) -> None:
        self._series = tuple(series)
        self._began = time.monotonic()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The series as they are now."""
        passed = time.monotonic() - self._began
        for name in dict.fromkeys(series.name for series in self._series):
            same = [series for series in self._series if series.name == name]
            family = GaugeMetricFamily(name, "made up", labels=tuple(same[0].labels))
            for series in same:
                value = series.start + series.growth * passed
                family.add_metric(tuple(series.labels.values()), value)
            yield family


def registry(series: Iterable[Series]) -> CollectorRegistry:
    """The series, for an exporter to serve."""
    found = CollectorRegistry()
    found.register(Standin(series))
    return found


def controller(namespace: str, feed: str) -> Iterator[Series]:
    """Argo's workflow controller: one run a minute of a feed, and the controller's own."""
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
    """What the controller tells of all its workflows."""
    for phase, count in (("Running", 1), ("Succeeded", 14), ("Failed", 0), ("Error", 0)):
        yield Series(external.ARGO_WORKFLOWS, {"phase": phase}, count)
    for queue, depth in (("workflow_queue", 2), ("cron_wf_queue", 0), ("pod_cleanup_queue", 1)):
        yield Series(external.ARGO_QUEUE_DEPTH, {"queue_name": queue}, depth)


def pods(namespace: str, names: Iterable[tuple[str, str]]) -> Iterator[Series]:
    """The kubelet and kube-state-metrics, of pods and their container."""
    for number, (pod, container) in enumerate(names):
        labels = {"namespace": namespace, "pod": pod, "container": container}
        yield Series(external.CPU, labels, 10, 0.02 * (number + 1))
        yield Series(external.MEMORY, labels, 90e6 + 12e6 * number)
        yield Series(external.POD_RESTARTS, labels, 0)
        # The pod's own cgroup: the sum of its containers.
        whole = {**labels, "container": ""}
        yield Series(external.CPU, whole, 10, 0.02 * (number + 1))
        yield Series(external.MEMORY, whole, 90e6 + 12e6 * number)


def kafka(namespace: str, topics: Iterable[str]) -> Iterator[Series]:
    """A broker with Strimzi's metrics reporter."""
    broker = {"namespace": namespace, "pod": "stocks-dual-0"}
    for number, topic in enumerate(topics):
        labels = {**broker, "topic": topic}
        yield Series(external.KAFKA_MESSAGES_IN, labels, 100, 2 + number)
        yield Series(external.KAFKA_LOG_SIZE, {**labels, "partition": "0"}, 5e6, 300)
        yield Series(external.KAFKA_UNDER_MIN_ISR, {**labels, "partition": "0"})
    # The reporter also has the sum of all topics, with an empty label.
    yield Series(external.KAFKA_MESSAGES_IN, {**broker, "topic": ""}, 200, 5)
    for name in (external.KAFKA_UNDER_REPLICATED, external.KAFKA_OFFLINE):
        yield Series(name, broker)


def certificates(namespace: str, feed: str, group: str) -> Iterator[Series]:
    """A consumer with a certificate that ends in 20 days, of an authority that lasts a year."""
    labels = {"namespace": namespace, "feed": feed, "group": group, "role": "consumer"}
    for certificate, days in (("ca", 365), ("client", 20)):
        ends = time.time() + days * 86_400
        yield Series(CERTIFICATE_EXPIRY.name, {**labels, "certificate": certificate}, ends)


def many(namespace: str, feeds: int) -> Iterator[Series]:
    """One series of every metric of the catalogue for each of many feeds, of one group each."""
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
    """A histogram whose every observation is the same."""
    for bound in (*metric.buckets, float("inf")):
        counted = float(seconds <= bound)
        edge = "+Inf" if bound == float("inf") else str(bound)
        yield Series(f"{metric.name}_bucket", {**labels, "le": edge}, 5 * counted, runs * counted)
    yield Series(f"{metric.name}_sum", labels, 5 * seconds, runs * seconds)
    yield Series(f"{metric.name}_count", labels, 5, runs)
