"""Metrics that Argo's workflow controller exports for `workflows/`.

They are declared in the workflows' YAML; a test compares the two. Argo prefixes the names of custom
metrics with `argo_workflows_` and adds no suffix (`util/telemetry/exporter_prometheus.go` in Argo
Workflows 4.1). They are reset when the controller restarts.
"""

from typing import Final

from stockfeed.contract.metrics.model import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Label,
    Metric,
)

PREFIX: Final = "argo_workflows_"

_FEED: Final = (
    Label("namespace", bound="the namespaces that have feeds"),
    Label("feed", bound="the namespace's feeds"),
)
_SECONDS: Final = (1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300)

ROWS: Final = CounterMetric(
    f"{PREFIX}stockfeed_load_rows_total", "rows", "Rows loaded into Snowflake, by feed.", _FEED
)
FILES: Final = CounterMetric(
    f"{PREFIX}stockfeed_load_files_total",
    "objects",
    "Objects loaded into Snowflake, by feed.",
    _FEED,
)
BYTES: Final = CounterMetric(
    f"{PREFIX}stockfeed_load_bytes_total",
    "bytes",
    "Compressed size of the objects loaded, by feed.",
    _FEED,
)
PARTITIONS_WAITING: Final = GaugeMetric(
    f"{PREFIX}stockfeed_load_partitions_waiting",
    "partitions",
    "Partitions that the latest load could not finish because an object is missing, by feed.",
    _FEED,
)
PARTITIONS_FAILED: Final = GaugeMetric(
    f"{PREFIX}stockfeed_load_partitions_failed",
    "partitions",
    "Partitions that the latest load could not finish because an object failed to load, by feed.",
    _FEED,
)
LOAD_DURATION: Final = HistogramMetric(
    f"{PREFIX}stockfeed_load_seconds", "seconds", "Duration of a load, by feed.", _FEED, _SECONDS
)
BUILD_DURATION: Final = HistogramMetric(
    f"{PREFIX}stockfeed_build_seconds",
    "seconds",
    "Duration of a dbt build, by feed.",
    _FEED,
    _SECONDS,
)

DAILY_BUILDS: Final = CounterMetric(
    f"{PREFIX}stockfeed_daily_builds_total",
    "runs",
    "Daily runs, which test entire tables and verify completeness, by feed and result.",
    (*_FEED, Label("result", values=("Error", "Failed", "Succeeded"))),
)

METRICS: Final[tuple[Metric, ...]] = (
    ROWS,
    FILES,
    BYTES,
    PARTITIONS_WAITING,
    PARTITIONS_FAILED,
    LOAD_DURATION,
    BUILD_DURATION,
    DAILY_BUILDS,
)
