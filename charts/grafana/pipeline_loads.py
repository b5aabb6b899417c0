"""*Pipeline*, its rows of loads and builds, as workflows and as a service."""

from typing import Final

from grafana import elsewhere
from grafana.model import NONE_ALLOWED, Graph, Limits, Look, Query, Section
from grafana.promql import (
    FEED,
    LOADS,
    NAMESPACE,
    highest,
    histogram_rate,
    per_minute,
    series,
    top,
    total,
)
from grafana.quantiles import quantiles
from grafana.table import Column, Table
from stockfeed.contract.metrics import loader, operator, workflow

_FEED_NAME: Final = "{{namespace}}/{{feed}}"
_LATE: Final = Limits(48, 60)

LOADER: Final = Section(
    "Load and build",
    (
        Graph(
            Look(
                "Time of a load",
                "Of the workflow's step `load`, from Argo's controller; runs that succeeded.",
                "s",
                "StockFeedLoadSlow",
                width=8,
            ),
            quantiles(workflow.LOAD_DURATION, LOADS),
            _LATE,
        ),
        Graph(
            Look(
                "Time of a dbt build",
                "Of the workflow's build, from Argo's controller; runs that succeeded.",
                "s",
                "StockFeedLoadSlow",
                width=8,
            ),
            quantiles(workflow.BUILD_DURATION, LOADS),
            _LATE,
        ),
        Graph(
            Look(
                "Last load and build, the 10 slowest feeds",
                "How long the steps of the newest run that loaded something took together; more "
                "than the cadence, and runs are left out.",
                "s",
                "StockFeedLoadSlow",
                width=8,
            ),
            (
                Query(
                    top(10, total(operator.FEED_STEP_DURATION, FEED, f"{FEED}, step")),
                    _FEED_NAME,
                ),
            ),
            _LATE,
        ),
        Table(
            Look(
                "Loads and builds by feed",
                "From Argo's controller, of the last 15 minutes; a restart of it begins the "
                "counts anew. Waiting partitions lack an object; failed ones have an object "
                "that cannot be loaded.",
                "none",
                "StockFeedFileRejected",
                width=12,
            ),
            ("namespace", "feed"),
            (
                Column("Rows", per_minute(workflow.ROWS, FEED, window=LOADS), "cpm"),
                Column("Objects", per_minute(workflow.FILES, FEED, window=LOADS), "cpm"),
                Column(
                    "Runs",
                    f"60 * {histogram_rate(workflow.LOAD_DURATION, 'count', FEED, LOADS)}",
                    "cpm",
                ),
                Column(
                    "Waiting partitions",
                    highest(workflow.PARTITIONS_WAITING, FEED),
                    "short",
                    NONE_ALLOWED,
                ),
                Column(
                    "Failed partitions",
                    highest(workflow.PARTITIONS_FAILED, FEED),
                    "short",
                    NONE_ALLOWED,
                ),
            ),
        ),
        Graph(
            Look(
                "Runs triggered and suppressed",
                "Runs of the chosen feeds' CronWorkflows an hour. A run is suppressed while the "
                "one before still works.",
                "short",
                "StockFeedRunsSuppressed",
                width=6,
            ),
            (
                Query(
                    "sum(increase("
                    + series(elsewhere.ARGO_TRIGGERED, 'name=~"$feed-load"', NAMESPACE)
                    + "[1h]))",
                    "triggered",
                ),
                Query(
                    "sum(increase("
                    + series(elsewhere.ARGO_SUPPRESSED, 'name=~"$feed-load"', NAMESPACE)
                    + "[1h]))",
                    "suppressed",
                ),
            ),
        ),
        Graph(
            Look(
                "Daily builds by result",
                "Builds with all tests over whole tables, since Argo's controller began.",
                "short",
                "StockFeedDailyTestsFailing",
                width=6,
            ),
            (Query(total(workflow.DAILY_BUILDS, "result", f"{FEED}, result"), "{{result}}"),),
        ),
    ),
)


SERVICE: Final = Section(
    "Loader as a service (empty on a cluster, where the load is a workflow)",
    (
        Graph(
            Look(
                "Runs by result",
                "Runs a minute of `stockfeed loader` without `--once`.",
                "cpm",
                "StockFeedLoadFailing",
                width=8,
            ),
            (Query(per_minute(loader.LOADS, "result", window="5m"), "{{result}}"),),
            stacked=True,
        ),
        Graph(
            Look("Time of a run", "Of one load run.", "s", "StockFeedLoadSlow", width=8),
            quantiles(loader.LOAD_LATENCY),
            _LATE,
        ),
        Graph(
            Look(
                "Stopped partitions, by cause",
                "`hole` waits for an object that is not there; `failed` has an object that cannot "
                "be loaded, or overlaps another.",
                "short",
                "StockFeedFileRejected",
                width=8,
            ),
            (
                Query(
                    f"sum by (cause) ({highest(loader.STOPPED_PARTITIONS, f'{FEED}, cause')})",
                    "{{cause}}",
                ),
            ),
            NONE_ALLOWED,
        ),
    ),
)
