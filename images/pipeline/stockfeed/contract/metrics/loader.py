"""Metrics of `stockfeed loader` when it runs as a service, without `--once`."""

from typing import Final

from stockfeed.contract.metrics.model import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Label,
    Metric,
)

HOLE: Final = "hole"
FAILED: Final = "failed"

LOADS: Final = CounterMetric(
    "stockfeed_loads_total",
    "runs",
    "Load runs, by result.",
    (Label("result", ("loaded", "empty", "failed")),),
)
ROWS: Final = CounterMetric("stockfeed_rows_loaded_total", "rows", "Rows loaded.")
FILES: Final = CounterMetric("stockfeed_files_loaded_total", "objects", "Objects loaded.")
BYTES: Final = CounterMetric(
    "stockfeed_file_bytes_loaded_total", "bytes", "Compressed size of the objects loaded."
)
LOAD_LATENCY: Final = HistogramMetric(
    "stockfeed_load_latency_seconds",
    "seconds",
    "Duration of a load run.",
    buckets=(0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300, 600),
)
NEWEST_QUOTE_TIMESTAMP: Final = GaugeMetric(
    "stockfeed_newest_quote_timestamp_seconds",
    "Unix seconds",
    "Poll time of the newest quote loaded; 0 before the first.",
)
WAITING: Final = GaugeMetric(
    "stockfeed_objects_waiting",
    "objects",
    "Objects that cannot be loaded yet because an earlier object of their partition is missing or "
    "failed to load.",
)
STOPPED_PARTITIONS: Final = GaugeMetric(
    "stockfeed_partitions_stopped",
    "partitions",
    "Partitions that the last run could not load to their end: `hole` waits for a missing object, "
    "`failed` has an object that cannot be loaded or overlaps another.",
    (Label("cause", (HOLE, FAILED)),),
)

METRICS: Final[tuple[Metric, ...]] = (
    LOADS,
    ROWS,
    FILES,
    BYTES,
    LOAD_LATENCY,
    NEWEST_QUOTE_TIMESTAMP,
    WAITING,
    STOPPED_PARTITIONS,
)
