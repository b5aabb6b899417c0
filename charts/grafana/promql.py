"""PromQL queries for dashboards, filtered by the dashboard's variables.

StockFeed's metrics are passed as entries of the catalogue, metrics of other projects by name. When
leadership moves between replicas of the operator, both export the same gauges for one scrape, so
gauges are aggregated with `max` rather than `sum`.
"""

from typing import Final

from grafana.model import Query
from stockfeed.contract.metrics.model import Metric

Name = Metric | str

FEED: Final = "namespace, feed"
GROUP: Final = "namespace, feed, group"
POD: Final = "namespace, feed, group, pod"
CHOSEN: Final = 'namespace=~"$namespace", feed=~"$feed"'
NAMESPACE: Final = 'namespace=~"$namespace"'
# Loads run once a minute or less often, so a shorter window could contain no load at all.
LOADS: Final = "15m"
# Grafana's variable for a window of at least four scrape intervals.
SCRAPES: Final = "$__rate_interval"


def series(metric: Name, match: str = "", of: str = CHOSEN, suffix: str = "") -> str:
    """Returns a selector for a metric's series, by default those of the selected feeds.

    Args:
        metric: an entry of the catalogue, or the name of another project's metric.
        match: additional label matchers in PromQL syntax.
        of: label matchers for the dashboard's variables; empty selects all series.
        suffix: suffix of a histogram's series, e.g. `_bucket`.
    """
    name = metric if isinstance(metric, str) else metric.name
    matchers = ", ".join(part for part in (of, match) if part)
    return f"{name}{suffix}{{{matchers}}}" if matchers else f"{name}{suffix}"


def rate(metric: Name, by: str, match: str = "", window: str = SCRAPES, of: str = CHOSEN) -> str:
    """Returns the per-second rate of a counter."""
    return f"sum by ({by}) (rate({series(metric, match, of)}[{window}]))"


def per_minute(metric: Name, by: str, match: str = "", window: str = SCRAPES) -> str:
    """Returns the per-minute rate of a counter."""
    return f"60 * {rate(metric, by, match, window)}"


def increase(metric: Name, by: str, match: str = "", window: str = "$__range") -> str:
    """Returns the increase of a counter, by default over the dashboard's time range."""
    return f"sum by ({by}) (increase({series(metric, match)}[{window}]))"


def highest(metric: Name, by: str, match: str = "", of: str = CHOSEN) -> str:
    """Returns the maximum of a gauge."""
    return f"max by ({by}) ({series(metric, match, of)})"


def total(metric: Name, by: str, unique: str, match: str = "") -> str:
    """Returns the sum of a gauge, counting values that two processes both export only once.

    Args:
        metric: the gauge.
        by: labels of the result.
        unique: labels that identify one value.
        match: additional label matchers.
    """
    return f"sum by ({by}) ({highest(metric, unique, match)})"


def age(metric: Name, by: str, match: str = "") -> str:
    """Returns the seconds since a gauge that holds a Unix time; 0 means "never" and is dropped."""
    return f"time() - max by ({by}) ({series(metric, match)} > 0)"


def quantile(share: float, metric: Name, by: str, window: str = SCRAPES, of: str = CHOSEN) -> str:
    """Returns a quantile of a histogram; `share` is between 0 and 1."""
    buckets = series(metric, of=of, suffix="_bucket")
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({buckets}[{window}])))"


def histogram_rate(metric: Name, part: str, by: str, window: str) -> str:
    """Returns the per-second rate of a histogram's `sum` or `count`."""
    return f"sum by ({by}) (rate({series(metric, suffix=f'_{part}')}[{window}]))"


def top(count: int, query: str) -> str:
    """Limits a query to its largest series, so that a graph of a hundred feeds stays readable."""
    return f"topk({count}, {query})"


def or_zero(query: str) -> str:
    """Returns 0 where the query finds no series."""
    return f"({query}) or vector(0)"


def quantiles(metric: Name, window: str = "5m") -> tuple[Query, ...]:
    """Returns queries for the median, 95th and 99th percentile of a histogram by namespace."""
    return tuple(
        Query(quantile(share, metric, "namespace", window), f"{{{{namespace}}}} {name}")
        for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    )
