"""What Argo's controller exports for `workflows/`.

The workflows' YAML declares them; a test compares. Argo puts `argo_workflows_` before a custom
metric's name and adds no suffix (its `util/telemetry/exporter_prometheus.go`, 4.1). They begin anew
when the controller restarts.
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
    "Compressed bytes of the objects loaded, by feed.",
    _FEED,
)
PARTITIONS_WAITING: Final = GaugeMetric(
    f"{PREFIX}stockfeed_load_partitions_waiting",
    "partitions",
    "Partitions that the newest load left before their end because an object is missing, by feed.",
    _FEED,
)
PARTITIONS_FAILED: Final = GaugeMetric(
    f"{PREFIX}stockfeed_load_partitions_failed",
    "partitions",
    "Partitions that the newest load left before their end because an object cannot be loaded, by "
    "feed.",
    _FEED,
)
LOAD_DURATION: Final = HistogramMetric(
    f"{PREFIX}stockfeed_load_seconds", "seconds", "Time of one load, by feed.", _FEED, _SECONDS
)
BUILD_DURATION: Final = HistogramMetric(
    f"{PREFIX}stockfeed_build_seconds",
    "seconds",
    "Time of one dbt build, by feed.",
    _FEED,
    _SECONDS,
)

DAILY_BUILDS: Final = CounterMetric(
    f"{PREFIX}stockfeed_daily_builds_total",
    "runs",
    "Daily runs that test whole tables and prove completeness, by feed and result.",
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
