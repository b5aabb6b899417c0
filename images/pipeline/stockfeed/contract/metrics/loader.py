"""What `stockfeed loader` exports when it runs as a service, without `--once`."""

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
    "Load runs by result.",
    (Label("result", ("loaded", "empty", "failed")),),
)
ROWS: Final = CounterMetric("stockfeed_rows_loaded_total", "rows", "Rows loaded.")
FILES: Final = CounterMetric("stockfeed_files_loaded_total", "objects", "Objects loaded.")
BYTES: Final = CounterMetric(
    "stockfeed_file_bytes_loaded_total", "bytes", "Compressed bytes of the objects loaded."
)
LOAD_LATENCY: Final = HistogramMetric(
    "stockfeed_load_latency_seconds",
    "seconds",
    "Time of one load run.",
    buckets=(0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300, 600),
)
NEWEST_QUOTE_TIMESTAMP: Final = GaugeMetric(
    "stockfeed_newest_quote_timestamp_seconds",
    "Unix seconds",
    "Poll time of the newest quote loaded; 0 until one was.",
)
WAITING: Final = GaugeMetric(
    "stockfeed_objects_waiting",
    "objects",
    "Objects behind a hole or a failed object of their partition.",
)
STOPPED_PARTITIONS: Final = GaugeMetric(
    "stockfeed_partitions_stopped",
    "partitions",
    "Partitions that the last run left before their end: `hole` waits for an object that is not "
    "there, `failed` has an object that cannot be loaded or overlaps another.",
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
