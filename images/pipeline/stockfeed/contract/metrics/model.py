"""What a metric is: its name, unit, labels and meaning, and how a process registers it.

Names are those that a query uses: a counter's ends in `_total`. Every label has either the list of
its values or a sentence that says what bounds their number: a label without a bound would let one
feed fill Prometheus.
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
        values: all that it can be; empty where they are not known beforehand.
        bound: what limits the number of values, where they are not listed.
    """

    name: str
    values: tuple[str, ...] = ()
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: as queries name it.
        unit: of a sample, in words, e.g. `seconds`.
        meaning: one sentence, or two.
        labels: those that the process itself sets.
    """

    kind: ClassVar[str]

    name: str
    unit: str
    meaning: str
    labels: tuple[Label, ...] = ()

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels' names, in order."""
        return tuple(label.name for label in self.labels)

    def series(self) -> Iterator[tuple[str, ...]]:
        """Label values known beforehand; none where a label's values are not listed."""
        return product(*(label.values for label in self.labels))


@dataclass(frozen=True, slots=True)
class CounterMetric(Metric):
    """Only grows; starts at 0 with its process."""

    kind: ClassVar[str] = "counter"

    def register(self, registry: CollectorRegistry) -> Counter:
        """A counter at 0: series that are known beforehand exist at once.

        A series that begins at 1 shows no increase for its first event, so an alert would miss it.
        """
        counter = Counter(self.name, self.meaning, self.label_names, registry=registry)
        if self.labels:
            for values in self.series():
                counter.labels(*values)
        return counter


@dataclass(frozen=True, slots=True)
class GaugeMetric(Metric):
    """A value that goes up and down."""

    kind: ClassVar[str] = "gauge"

    def register(self, registry: CollectorRegistry) -> Gauge:
        """A gauge; without labels it is 0 until it is set."""
        return Gauge(self.name, self.meaning, self.label_names, registry=registry)

    def family(self, samples: Iterable[tuple[tuple[str, ...], float]] = ()) -> GaugeMetricFamily:
        """The metric as a collector gives it when Prometheus asks.

        Args:
            samples: label values, in the order of the labels, and the value.
        """
        family = GaugeMetricFamily(self.name, self.meaning, labels=self.label_names)
        for values, value in samples:
            family.add_metric(values, value)
        return family


@dataclass(frozen=True, slots=True)
class HistogramMetric(Metric):
    """Counts observations by upper bounds, `buckets`."""

    kind: ClassVar[str] = "histogram"

    buckets: tuple[float, ...] = ()

    def register(self, registry: CollectorRegistry) -> Histogram:
        """An empty histogram."""
        return Histogram(
            self.name, self.meaning, self.label_names, buckets=self.buckets, registry=registry
        )
