"""Metrics of `stockfeed consumer`."""

from typing import Final

from stockfeed.contract.metrics.model import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Label,
    Metric,
)
from stockfeed.contract.metrics.shared import CERTIFICATE_EXPIRY, LATENCY_BUCKETS

CONSUMED: Final = CounterMetric(
    "stockfeed_messages_consumed_total", "messages", "Messages read from Kafka."
)
LANDED: Final = CounterMetric(
    "stockfeed_messages_landed_total", "messages", "Messages landed in batch objects."
)
OBJECTS: Final = CounterMetric(
    "stockfeed_objects_written_total", "objects", "Batch objects written."
)
BYTES: Final = CounterMetric(
    "stockfeed_object_bytes_written_total", "bytes", "Compressed bytes written in batch objects."
)
FLUSH_LATENCY: Final = HistogramMetric(
    "stockfeed_flush_latency_seconds",
    "seconds",
    "Time to compress and write one batch object.",
    buckets=LATENCY_BUCKETS,
)
FLUSH_FAILURES: Final = CounterMetric(
    "stockfeed_flush_failures_total",
    "writes",
    "Failed writes of a batch object; each is retried.",
)
CONFLICTS: Final = CounterMetric(
    "stockfeed_landing_conflicts_total",
    "intervals",
    "Offset intervals that had already been landed, by another consumer or by an earlier attempt.",
)
ERROR_LINES: Final = CounterMetric(
    "stockfeed_error_lines_landed_total",
    "messages",
    "Messages that were not valid events and were landed as error lines.",
)
LOST_OFFSETS: Final = CounterMetric(
    "stockfeed_lost_offsets_total",
    "offsets",
    "Offsets deleted by Kafka's retention before they were landed.",
)
NEWEST_LANDED: Final = GaugeMetric(
    "stockfeed_newest_landed_timestamp_seconds",
    "Unix seconds",
    "Poll time of the newest message landed by this consumer, by partition; absent before the "
    "first.",
    (Label("partition", bound="the topic's partitions"),),
)
LAG: Final = GaugeMetric(
    "stockfeed_consumer_lag_messages",
    "messages",
    "Messages in the topic that have not been landed yet, by partition.",
    (Label("partition", bound="the topic's partitions"),),
)
PARTITION_FAULTS: Final = GaugeMetric(
    "stockfeed_partition_faults",
    "partitions",
    "Assigned partitions that are stopped until someone intervenes, because the log was "
    "truncated, the topic was recreated, or a conflicting object exists in the bucket.",
)
RETENTION_FAULTS: Final = GaugeMetric(
    "stockfeed_retention_faults",
    "0 or 1",
    "1 if the bucket's lifecycle rules could not be brought in line with landing.retention.",
)

METRICS: Final[tuple[Metric, ...]] = (
    CONSUMED,
    LANDED,
    OBJECTS,
    BYTES,
    FLUSH_LATENCY,
    FLUSH_FAILURES,
    CONFLICTS,
    ERROR_LINES,
    LOST_OFFSETS,
    NEWEST_LANDED,
    LAG,
    PARTITION_FAULTS,
    RETENTION_FAULTS,
    CERTIFICATE_EXPIRY,
)
