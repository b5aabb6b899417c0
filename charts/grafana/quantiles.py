"""The quantiles that a graph of times shows."""

from grafana.model import Query
from grafana.promql import Name, quantile


def quantiles(metric: Name, window: str = "5m") -> tuple[Query, ...]:
    """A histogram's half, 95th and 99th hundredth, each namespace's as a line."""
    return tuple(
        Query(quantile(share, metric, "namespace", window), f"{{{{namespace}}}} {name}")
        for share, name in ((0.5, "half"), (0.95, "95 of 100"), (0.99, "99 of 100"))
    )
