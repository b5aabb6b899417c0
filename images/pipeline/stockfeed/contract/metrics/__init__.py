"""The catalogue: every metric that StockFeed exports, by who exports it.

The roles register their metrics from here, so that name, meaning and labels stand once;
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
        name: for headings.
        about: how it comes to be scraped, and which labels the scrape adds.
        metrics: all that it exports of ours.
    """

    name: str
    about: str
    metrics: tuple[Metric, ...]


_PODS: Final = (
    "Each feed's PodMonitor scrapes it and adds the labels `namespace`, `pod`, `feed`, `group` and "
    "`role`."
)

EXPORTERS: Final = (
    Exporter("Producer", f"`stockfeed producer`. {_PODS}", producer.METRICS),
    Exporter("Consumer", f"`stockfeed consumer`. {_PODS}", consumer.METRICS),
    Exporter(
        "Loader as a service",
        "`stockfeed loader` without `--once`. On a cluster the load is a workflow instead, and "
        "Argo's controller and the operator tell of it.",
        loader.METRICS,
    ),
    Exporter(
        "Operator",
        "`stockfeed-operator run`. The chart's PodMonitor scrapes it. Its metrics of feeds bring "
        "`namespace` and `feed` themselves, so it must be scraped with `honorLabels: true`.",
        operator.METRICS,
    ),
    Exporter(
        "Argo's workflow controller",
        "Declared in `workflows/`, counted by the controller: the load's for each run that "
        "succeeded, partitions and the daily build's for each run. Scrape it with "
        "`honorLabels: true` for the same reason. A restart of the controller begins them anew.",
        workflow.METRICS,
    ),
)
