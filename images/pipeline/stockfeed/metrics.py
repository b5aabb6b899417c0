"""Metrics of the pipeline's roles, registered from the catalogue in `stockfeed.contract.metrics`.

Each role registers its metrics on its own registry, so that tests share no state. The labels feed
and group are added by the PodMonitor at scrape time.
"""

from prometheus_client import CollectorRegistry

from stockfeed.contract.metrics import consumer, loader, producer


class ProducerMetrics:
    """Metrics of `stockfeed producer`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.polls = producer.POLLS.register(registry)
        self.poll_latency = producer.POLL_LATENCY.register(registry)
        self.published = producer.PUBLISHED.register(registry)
        self.newest_published = producer.NEWEST_PUBLISHED.register(registry)
        self.suppressed = producer.SUPPRESSED.register(registry)
        self.rejected = producer.REJECTED.register(registry)
        self.rejected_symbols = producer.REJECTED_SYMBOLS.register(registry)
        self.delivery_failures = producer.DELIVERY_FAILURES.register(registry)
        self.rate_limit_wait = producer.RATE_LIMIT_WAIT.register(registry)
        self.requests_per_minute = producer.REQUEST_BUDGET.register(registry)
        self.budget_file_invalid = producer.BUDGET_FILE_INVALID.register(registry)
        self.last_quote_timestamp = producer.LAST_QUOTE_TIMESTAMP.register(registry)


class ConsumerMetrics:
    """Metrics of `stockfeed consumer`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.consumed = consumer.CONSUMED.register(registry)
        self.landed = consumer.LANDED.register(registry)
        self.objects = consumer.OBJECTS.register(registry)
        self.bytes = consumer.BYTES.register(registry)
        self.flush_latency = consumer.FLUSH_LATENCY.register(registry)
        self.flush_failures = consumer.FLUSH_FAILURES.register(registry)
        self.conflicts = consumer.CONFLICTS.register(registry)
        self.error_lines = consumer.ERROR_LINES.register(registry)
        self.lost_offsets = consumer.LOST_OFFSETS.register(registry)
        self.newest_landed = consumer.NEWEST_LANDED.register(registry)
        self.lag = consumer.LAG.register(registry)
        self.partition_faults = consumer.PARTITION_FAULTS.register(registry)
        self.retention_faults = consumer.RETENTION_FAULTS.register(registry)


class LoaderMetrics:
    """Metrics of `stockfeed loader`; exported in service mode, written as outputs with `--once`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.loads = loader.LOADS.register(registry)
        self.rows = loader.ROWS.register(registry)
        self.files = loader.FILES.register(registry)
        self.bytes = loader.BYTES.register(registry)
        self.load_latency = loader.LOAD_LATENCY.register(registry)
        self.newest_quote_timestamp = loader.NEWEST_QUOTE_TIMESTAMP.register(registry)
        self.waiting = loader.WAITING.register(registry)
        self.stopped_partitions = loader.STOPPED_PARTITIONS.register(registry)
