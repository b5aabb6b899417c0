"""Every metric that the pipeline's roles export.

A role makes its own set on its own registry, so that tests and processes share no state. Feed and
group are labels of the scrape target (the PodMonitor adds them), not of the metrics.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LOAD_BUCKETS = (0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300, 600)


class ProducerMetrics:
    """What `stockfeed producer` counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.polls = Counter(
            "stockfeed_polls",
            "Quote requests by outcome: quote, unchanged, rejected, rate_limited, unauthorized or "
            "error.",
            ["outcome"],
            registry=registry,
        )
        self.poll_latency = Histogram(
            "stockfeed_poll_latency_seconds",
            "Time from a quote request's start to its answer.",
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        )
        self.published = Counter(
            "stockfeed_quotes_published",
            "Quotes that Kafka acknowledged.",
            registry=registry,
        )
        self.suppressed = Counter(
            "stockfeed_quotes_suppressed",
            "Answers not published because their quote was published already.",
            registry=registry,
        )
        self.rejected = Counter(
            "stockfeed_quotes_rejected",
            "Answers that are no quote, by reason.",
            ["reason"],
            registry=registry,
        )
        self.delivery_failures = Counter(
            "stockfeed_delivery_failures",
            "Quotes that Kafka did not acknowledge in time; the next poll publishes anew.",
            registry=registry,
        )
        self.rate_limit_wait = Counter(
            "stockfeed_rate_limit_wait_seconds",
            "Time that requests waited for the request budget.",
            registry=registry,
        )
        self.requests_per_minute = Gauge(
            "stockfeed_request_budget_per_minute",
            "This producer's share of the API key's request budget.",
            registry=registry,
        )
        self.budget_file_invalid = Gauge(
            "stockfeed_request_budget_file_invalid",
            "1 while the budget's file is missing or no number, so that its last value holds.",
            registry=registry,
        )
        self.last_quote_timestamp = Gauge(
            "stockfeed_last_quote_timestamp_seconds",
            "Market time of the newest quote received, by symbol.",
            ["symbol"],
            registry=registry,
        )


class ConsumerMetrics:
    """What `stockfeed consumer` counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.consumed = Counter(
            "stockfeed_messages_consumed", "Messages read from Kafka.", registry=registry
        )
        self.landed = Counter(
            "stockfeed_messages_landed", "Messages landed in batch objects.", registry=registry
        )
        self.objects = Counter(
            "stockfeed_objects_written", "Batch objects written.", registry=registry
        )
        self.bytes = Counter(
            "stockfeed_object_bytes_written",
            "Compressed bytes written in batch objects.",
            registry=registry,
        )
        self.flush_latency = Histogram(
            "stockfeed_flush_latency_seconds",
            "Time to compress and write one batch object.",
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        )
        self.flush_failures = Counter(
            "stockfeed_flush_failures",
            "Writes of a batch object that failed and are tried again.",
            registry=registry,
        )
        self.conflicts = Counter(
            "stockfeed_landing_conflicts",
            "Intervals found landed already by another owner or an earlier try.",
            registry=registry,
        )
        self.errors_in_line = Counter(
            "stockfeed_error_lines_landed",
            "Messages that are no event, landed as error lines.",
            registry=registry,
        )
        self.lost_offsets = Counter(
            "stockfeed_lost_offsets",
            "Offsets that retention removed before they were landed.",
            registry=registry,
        )
        self.lag = Gauge(
            "stockfeed_consumer_lag_messages",
            "Messages in the topic that are not landed yet, by partition.",
            ["partition"],
            registry=registry,
        )
        self.partition_faults = Gauge(
            "stockfeed_partition_faults",
            "Assigned partitions that stopped with an error a person must look at.",
            registry=registry,
        )
        self.retention_faults = Gauge(
            "stockfeed_retention_faults",
            "1 where the bucket's lifecycle rules are not what landing.retention says, else 0.",
            registry=registry,
        )


class LoaderMetrics:
    """What `stockfeed loader` counts; exported in loop mode and written as outputs of a run."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.loads = Counter(
            "stockfeed_loads",
            "Load runs by result: loaded, empty, failed.",
            ["result"],
            registry=registry,
        )
        self.rows = Counter("stockfeed_rows_loaded", "Rows loaded.", registry=registry)
        self.files = Counter("stockfeed_files_loaded", "Objects loaded.", registry=registry)
        self.bytes = Counter(
            "stockfeed_file_bytes_loaded",
            "Compressed bytes of the objects loaded.",
            registry=registry,
        )
        self.load_latency = Histogram(
            "stockfeed_load_latency_seconds",
            "Time of one load run.",
            buckets=_LOAD_BUCKETS,
            registry=registry,
        )
        self.newest_quote_timestamp = Gauge(
            "stockfeed_newest_quote_timestamp_seconds",
            "Poll time of the newest quote loaded; freshness is the time since.",
            registry=registry,
        )
        self.waiting = Gauge(
            "stockfeed_objects_waiting",
            "Objects behind a hole or a failed object of their partition.",
            registry=registry,
        )
