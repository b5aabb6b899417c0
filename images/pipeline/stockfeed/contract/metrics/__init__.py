"""Catalogue of every metric that StockFeed exports, grouped by exporter.

Each role registers its metrics from here, so that name, help text and labels are written once.
docs/metrics.md is generated from it.
"""

from dataclasses import dataclass
from typing import Final

from stockfeed.contract.metrics import consumer, loader, operator, producer, workflow
from stockfeed.contract.metrics.model import Metric


@dataclass(frozen=True, slots=True)
class Exporter:
    """A process that Prometheus scrapes.

    Attributes:
        name: heading in docs/metrics.md.
        about: how Prometheus scrapes it, and which labels the scrape adds; Markdown.
        metrics: the StockFeed metrics it exports.
    """

    name: str
    about: str
    metrics: tuple[Metric, ...]


_PODS: Final = (
    "Scraped by each feed's PodMonitor, which adds the labels `namespace`, `pod`, `feed`, `group` "
    "and `role`."
)

EXPORTERS: Final = (
    Exporter("Producer", f"`stockfeed producer`. {_PODS}", producer.METRICS),
    Exporter("Consumer", f"`stockfeed consumer`. {_PODS}", consumer.METRICS),
    Exporter(
        "Loader as a service",
        "`stockfeed loader` without `--once`. On a cluster, loads run as workflows; see the "
        "metrics of Argo's workflow controller and the operator.",
        loader.METRICS,
    ),
    Exporter(
        "Operator",
        "`stockfeed-operator run`, scraped by the chart's PodMonitor. Per-feed metrics carry their "
        "own `namespace` and `feed` labels, so scrape it with `honorLabels: true`.",
        operator.METRICS,
    ),
    Exporter(
        "Argo's workflow controller",
        "Declared in `workflows/` and exported by the controller. The load metrics are updated "
        "after each successful run, the partition and daily build metrics after every run. Scrape "
        "the controller with `honorLabels: true`, because these metrics carry their own "
        "`namespace` and `feed` labels. They are reset when the controller restarts.",
        workflow.METRICS,
    ),
)
