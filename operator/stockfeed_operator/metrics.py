"""The operator's metrics. What is about one feed goes when the feed goes."""

from collections import Counter as Count
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stockfeed_operator.spec_status import StockFeedStatus
from stockfeed_operator.times import parse_time

_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Feeds(Collector):
    """What the last reconcile of each feed said, collected when Prometheus asks."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], StockFeedStatus] = {}

    def note(self, namespace: str, name: str, status: StockFeedStatus | None) -> None:
        """Remembers a feed's status, or forgets the feed where there is none."""
        if status is None:
            self._known.pop((namespace, name), None)
        else:
            self._known[namespace, name] = status

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        known = dict(self._known)
        yield _conditions(known)
        yield _times(
            known,
            "stockfeed_operator_feed_newest_quote_timestamp_seconds",
            "Poll time of the newest quote in the warehouse; freshness is the time since.",
            "newest_quote_at",
        )
        yield _times(
            known,
            "stockfeed_operator_feed_last_load_timestamp_seconds",
            "When the newest load that loaded something finished.",
            "finished_at",
        )


def _conditions(known: dict[tuple[str, str], StockFeedStatus]) -> Metric:
    counts = Count(
        (condition.type, condition.status)
        for status in known.values()
        for condition in status.conditions
    )
    family = GaugeMetricFamily(
        "stockfeed_operator_feeds",
        "Feeds by condition and the condition's status.",
        labels=["condition", "status"],
    )
    for (condition, status), count in sorted(counts.items()):
        family.add_metric([condition, status], count)
    return family


def _times(
    known: dict[tuple[str, str], StockFeedStatus], name: str, text: str, field: str
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["namespace", "feed"])
    for (namespace, feed), status in sorted(known.items()):
        moment = _time(status, field)
        if moment is not None:
            family.add_metric([namespace, feed], moment.timestamp())
    return family


def _time(status: StockFeedStatus, field: str) -> datetime | None:
    return None if status.last_load is None else parse_time(getattr(status.last_load, field))


class OperatorMetrics:
    """What the operator counts.

    Args:
        registry: where it is shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.feeds = Feeds()
        registry.register(self.feeds)
        self.leader = Gauge(
            "stockfeed_operator_leader",
            "1 in the replica that holds the Lease.",
            registry=registry,
        )
        self.reconciles = Counter(
            "stockfeed_operator_reconciles",
            "Looks at a feed by result: changed, steady, paused, invalid, gone, failed.",
            ["result"],
            registry=registry,
        )
        self.duration = Histogram(
            "stockfeed_operator_reconcile_seconds",
            "Time of one look at a feed.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self.repairs = Counter(
            "stockfeed_operator_drift_repairs",
            "Objects put right that somebody else had changed or deleted, by kind.",
            ["kind"],
            registry=registry,
        )
