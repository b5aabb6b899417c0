"""Queries: metrics by their entry in the catalogue, chosen by the dashboard's variables.

A metric from elsewhere is named by its text. Two replicas of the operator both export a feed's
gauges for one scrape when they change places, so gauges are taken by `max`.
"""

from typing import Final

from stockfeed.contract.metrics.model import Metric

Name = Metric | str

FEED: Final = "namespace, feed"
GROUP: Final = "namespace, feed, group"
POD: Final = "namespace, feed, group, pod"
CHOSEN: Final = 'namespace=~"$namespace", feed=~"$feed"'
NAMESPACE: Final = 'namespace=~"$namespace"'
# Loads come once a minute or less often: a shorter window would see none between two of them.
LOADS: Final = "15m"
# Grafana's: long enough for four scrapes.
SCRAPES: Final = "$__rate_interval"


def series(metric: Name, match: str = "", of: str = CHOSEN, suffix: str = "") -> str:
    """The metric's series, e.g. of the chosen feeds.

    Args:
        metric: an entry of the catalogue, or a name from elsewhere.
        match: further matchers, as in PromQL.
        of: the matchers of the dashboard's variables.
        suffix: of a histogram's series, e.g. `_bucket`.
    """
    name = metric if isinstance(metric, str) else metric.name
    matchers = ", ".join(part for part in (of, match) if part)
    return f"{name}{suffix}{{{matchers}}}" if matchers else f"{name}{suffix}"


def rate(metric: Name, by: str, match: str = "", window: str = SCRAPES, of: str = CHOSEN) -> str:
    """Growth of a counter per second."""
    return f"sum by ({by}) (rate({series(metric, match, of)}[{window}]))"


def per_minute(metric: Name, by: str, match: str = "", window: str = SCRAPES) -> str:
    """Growth of a counter per minute."""
    return f"60 * {rate(metric, by, match, window)}"


def increase(metric: Name, by: str, match: str = "", window: str = "$__range") -> str:
    """Growth of a counter, by default over the dashboard's time range."""
    return f"sum by ({by}) (increase({series(metric, match)}[{window}]))"


def highest(metric: Name, by: str, match: str = "", of: str = CHOSEN) -> str:
    """The greatest value of a gauge."""
    return f"max by ({by}) ({series(metric, match, of)})"


def total(metric: Name, by: str, unique: str, match: str = "") -> str:
    """Values summed up, of which two processes may tell the same: `unique` names one of it."""
    return f"sum by ({by}) ({highest(metric, unique, match)})"


def age(metric: Name, by: str, match: str = "") -> str:
    """Seconds since a Unix time; 0 is a time that never was."""
    return f"time() - max by ({by}) ({series(metric, match)} > 0)"


def quantile(share: float, metric: Name, by: str, window: str = SCRAPES, of: str = CHOSEN) -> str:
    """A quantile of a histogram."""
    buckets = series(metric, of=of, suffix="_bucket")
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({buckets}[{window}])))"


def histogram_rate(metric: Name, part: str, by: str, window: str) -> str:
    """Growth per second of a histogram's `sum` or `count`."""
    return f"sum by ({by}) (rate({series(metric, suffix=f'_{part}')}[{window}]))"


def top(count: int, query: str) -> str:
    """The greatest series, so that a hundred feeds stay readable."""
    return f"topk({count}, {query})"


def or_zero(query: str) -> str:
    """0 where no series is there to be counted."""
    return f"({query}) or vector(0)"
