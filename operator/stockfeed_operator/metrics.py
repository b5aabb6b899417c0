"""The operator's metrics. Metrics about a feed disappear when the feed is deleted."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from stockfeed.contract.metrics import operator as catalogue
from stockfeed.contract.times import parse_optional_rfc3339
from stockfeed_operator.spec.feed_status import LastLoad, StockFeedStatus
from stockfeed_operator.spec.schedule import interval_at_minute

T = TypeVar("T")
Samples = Iterator[tuple[tuple[str, ...], float]]
"""Pairs of label values, those after namespace and feed, and the sample's value."""


class FeedCollector(Collector):
    """Collects metrics from each feed's last known status.

    Args:
        clock: returns the current time.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._statuses: dict[tuple[str, str], StockFeedStatus] = {}
        self._schedules: dict[tuple[str, str], str] = {}

    def update(
        self,
        namespace: str,
        name: str,
        status: StockFeedStatus | None,
        schedule: str | None = None,
    ) -> None:
        """Stores a feed's status and load schedule; None removes the stored value."""
        _put(self._statuses, (namespace, name), status)
        _put(self._schedules, (namespace, name), schedule)

    def collect(self) -> Iterator[Metric]:
        """Yields the current metrics."""
        # A copy, because worker threads update the dictionary while a scrape reads it.
        statuses = dict(sorted(self._statuses.items()))
        yield catalogue.FEED_CONDITION.family(_of_each(statuses, _conditions))
        yield catalogue.FEED_RUNNING.family(_of_each(statuses, _running))
        yield catalogue.FEED_SESSION_OPEN.family(_of_each(statuses, _session_open))
        yield catalogue.FEED_NEWEST_QUOTE.family(_of_each(statuses, _newest_quote))
        yield catalogue.FEED_LAST_LOAD.family(_of_each(statuses, _last_load))
        yield catalogue.FEED_STEP_DURATION.family(_of_each(statuses, _step_durations))
        yield catalogue.FEED_LOAD_INTERVAL.family(self._load_intervals())

    def _load_intervals(self) -> Samples:
        minute = self._clock().replace(second=0, microsecond=0)
        for feed, schedule in sorted(self._schedules.items()):
            interval = interval_at_minute(schedule, minute)
            if interval is not None:
                yield feed, interval.total_seconds()


def _put(stored: dict[tuple[str, str], T], feed: tuple[str, str], value: T | None) -> None:
    if value is None:
        stored.pop(feed, None)
    else:
        stored[feed] = value


def _of_each(
    statuses: Mapping[tuple[str, str], StockFeedStatus],
    samples: Callable[[StockFeedStatus], Samples],
) -> Samples:
    for feed, status in statuses.items():
        for values, value in samples(status):
            yield (*feed, *values), value


def _conditions(status: StockFeedStatus) -> Samples:
    for condition in status.conditions:
        yield (condition.type, condition.status, condition.reason), 1


def _running(status: StockFeedStatus) -> Samples:
    yield (), any(group.state == "Running" for group in status.groups)


def _session_open(status: StockFeedStatus) -> Samples:
    if status.session is not None:
        yield (), status.session.open


def _newest_quote(status: StockFeedStatus) -> Samples:
    yield from _moment(status.last_load, "newest_quote_at")


def _last_load(status: StockFeedStatus) -> Samples:
    yield from _moment(status.last_load, "finished_at")


def _moment(load: LastLoad | None, field: str) -> Samples:
    moment = None if load is None else parse_optional_rfc3339(getattr(load, field))
    if moment is not None:
        yield (), moment.timestamp()


def _step_durations(status: StockFeedStatus) -> Samples:
    load = status.last_load
    steps = {} if load is None else {"load": load.load_seconds, "build": load.build_seconds}
    for step, seconds in steps.items():
        if seconds is not None:
            yield (step,), seconds


class OperatorMetrics:
    """All metrics of the operator.

    Args:
        registry: the registry to add them to.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.feeds = FeedCollector()
        registry.register(self.feeds)
        self.leader = catalogue.LEADER.register(registry)
        self.reconciles = catalogue.RECONCILES.register(registry)
        self.duration = catalogue.RECONCILE_DURATION.register(registry)
        self.repairs = catalogue.DRIFT_REPAIRS.register(registry)
