"""Rows of *Pipeline* for loads and builds, run as workflows or as a service."""

from typing import Final

from grafana import external
from grafana.model import NONE_ALLOWED, Graph, Limits, PanelOptions, Query, Section
from grafana.promql import (
    FEED,
    LOADS,
    NAMESPACE,
    highest,
    histogram_rate,
    per_minute,
    quantiles,
    series,
    top,
    total,
)
from grafana.table import Column, Table
from stockfeed.contract.metrics import loader, operator, workflow

_FEED_NAME: Final = "{{namespace}}/{{feed}}"
_LATE: Final = Limits(48, 60)

LOADER: Final = Section(
    "Load and build",
    (
        Graph(
            PanelOptions(
                "Load duration",
                "Duration of the workflow step `load` in successful runs, from Argo's controller.",
                "s",
                "StockFeedLoadSlow",
                width=8,
            ),
            quantiles(workflow.LOAD_DURATION, LOADS),
            _LATE,
        ),
        Graph(
            PanelOptions(
                "dbt build duration",
                "Duration of the workflow's dbt build in successful runs, from Argo's controller.",
                "s",
                "StockFeedLoadSlow",
                width=8,
            ),
            quantiles(workflow.BUILD_DURATION, LOADS),
            _LATE,
        ),
        Graph(
            PanelOptions(
                "Last load and build, 10 slowest feeds",
                "Total duration of all steps of the newest run that loaded something. If it "
                "exceeds the schedule's interval, runs are skipped.",
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
            PanelOptions(
                "Loads and builds by feed",
                "Values for the last 15 minutes, from Argo's controller; its counters reset when "
                "it restarts. Waiting partitions miss an object; failed ones have an object that "
                "cannot be loaded.",
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
            PanelOptions(
                "Runs triggered and suppressed",
                "Runs of the selected feeds' CronWorkflows per hour. A run is suppressed while the "
                "previous one is still active.",
                "short",
                "StockFeedRunsSuppressed",
                width=6,
            ),
            (
                Query(
                    "sum(increase("
                    + series(external.ARGO_TRIGGERED, 'name=~"$feed-load"', NAMESPACE)
                    + "[1h]))",
                    "triggered",
                ),
                Query(
                    "sum(increase("
                    + series(external.ARGO_SUPPRESSED, 'name=~"$feed-load"', NAMESPACE)
                    + "[1h]))",
                    "suppressed",
                ),
            ),
        ),
        Graph(
            PanelOptions(
                "Daily runs by result",
                "Daily runs, which test complete tables, since Argo's controller started.",
                "short",
                "StockFeedDailyTestsFailing",
                width=6,
            ),
            (Query(total(workflow.DAILY_BUILDS, "result", f"{FEED}, result"), "{{result}}"),),
        ),
    ),
)


SERVICE: Final = Section(
    "Loader as a service (empty on a cluster, where loads are workflows)",
    (
        Graph(
            PanelOptions(
                "Runs by result",
                "Runs per minute of `stockfeed loader` without `--once`.",
                "cpm",
                "StockFeedLoadFailing",
                width=8,
            ),
            (Query(per_minute(loader.LOADS, "result", window="5m"), "{{result}}"),),
            stacked=True,
        ),
        Graph(
            PanelOptions(
                "Run duration", "Duration of a load run.", "s", "StockFeedLoadSlow", width=8
            ),
            quantiles(loader.LOAD_LATENCY),
            _LATE,
        ),
        Graph(
            PanelOptions(
                "Stopped partitions by cause",
                "`hole`: the next object is missing. `failed`: the next object cannot be loaded or "
                "overlaps another.",
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
