"""Metric definitions: name, unit, help text and labels, and registration with Prometheus.

Names are written as in queries, so a counter's ends in `_total`. Every label lists its values or
states what limits their number, because a single unbounded label could overload Prometheus.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a metric.

    Attributes:
        name: the label's name.
        values: all possible values; empty if they are not known in advance.
        bound: if `values` is empty, what limits the number of values.
    """

    name: str
    values: tuple[str, ...] = ()
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: the name used in queries.
        unit: the unit of a sample, in words, e.g. `seconds`.
        meaning: the help text, one or two sentences.
        labels: the labels set by the process; the scrape may add others.
    """

    kind: ClassVar[str]

    name: str
    unit: str
    meaning: str
    labels: tuple[Label, ...] = ()

    @property
    def label_names(self) -> tuple[str, ...]:
        """Returns the label names, in order."""
        return tuple(label.name for label in self.labels)

    def series(self) -> Iterator[tuple[str, ...]]:
        """Yields every combination of label values; none if any label's values are unknown."""
        return product(*(label.values for label in self.labels))


@dataclass(frozen=True, slots=True)
class CounterMetric(Metric):
    """A counter, which only increases and starts at 0 with its process."""

    kind: ClassVar[str] = "counter"

    def register(self, registry: CollectorRegistry) -> Counter:
        """Registers the counter and creates all series known in advance at 0.

        `rate` and `increase` cannot see the first event of a series that first appears as 1, so an
        alert on it would miss that event.
        """
        counter = Counter(self.name, self.meaning, self.label_names, registry=registry)
        if self.labels:
            for values in self.series():
                counter.labels(*values)
        return counter


@dataclass(frozen=True, slots=True)
class GaugeMetric(Metric):
    """A gauge, which goes up and down."""

    kind: ClassVar[str] = "gauge"

    def register(self, registry: CollectorRegistry) -> Gauge:
        """Registers the gauge; without labels it is exported as 0 until it is set."""
        return Gauge(self.name, self.meaning, self.label_names, registry=registry)

    def family(self, samples: Iterable[tuple[tuple[str, ...], float]] = ()) -> GaugeMetricFamily:
        """Returns the gauge's samples for a custom collector.

        Args:
            samples: pairs of label values, in the order of `labels`, and the sample's value.
        """
        family = GaugeMetricFamily(self.name, self.meaning, labels=self.label_names)
        for values, value in samples:
            family.add_metric(values, value)
        return family


@dataclass(frozen=True, slots=True)
class HistogramMetric(Metric):
    """A histogram of observations.

    Attributes:
        buckets: upper bounds, in the metric's unit, ascending.
    """

    kind: ClassVar[str] = "histogram"

    buckets: tuple[float, ...] = ()

    def register(self, registry: CollectorRegistry) -> Histogram:
        """Registers an empty histogram."""
        return Histogram(
            self.name, self.meaning, self.label_names, buckets=self.buckets, registry=registry
        )
