"""Metrics of `stockfeed producer`."""

from typing import Final

from stockfeed.contract.metrics.model import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Label,
    Metric,
)
from stockfeed.contract.metrics.shared import CERTIFICATE_EXPIRY, LATENCY_BUCKETS

POLLS: Final = CounterMetric(
    "stockfeed_polls_total",
    "requests",
    "Quote requests by outcome. `rejected` means the response was not a valid quote, "
    "`unauthorized` that the API refused the key, `error` that no usable response arrived.",
    (
        Label(
            "outcome",
            ("quote", "unchanged", "rejected", "rate_limited", "unauthorized", "error"),
        ),
    ),
)
POLL_LATENCY: Final = HistogramMetric(
    "stockfeed_poll_latency_seconds",
    "seconds",
    "Duration of a quote request, from sending it to receiving the response.",
    buckets=LATENCY_BUCKETS,
)
PUBLISHED: Final = CounterMetric(
    "stockfeed_quotes_published_total", "quotes", "Quotes acknowledged by Kafka."
)
NEWEST_PUBLISHED: Final = GaugeMetric(
    "stockfeed_newest_published_timestamp_seconds",
    "Unix seconds",
    "Poll time of the newest quote acknowledged by Kafka; 0 before the first.",
)
SUPPRESSED: Final = CounterMetric(
    "stockfeed_quotes_suppressed_total",
    "quotes",
    "Unchanged quotes that were not published again.",
)
REJECTED: Final = CounterMetric(
    "stockfeed_quotes_rejected_total",
    "responses",
    "Responses that were not valid quotes, by reason.",
    (
        Label(
            "reason",
            (
                "too_large",
                "not_json",
                "not_object",
                "no_price",
                "zero_price",
                "bad_time",
                "other_symbol",
            ),
        ),
    ),
)
REJECTED_SYMBOLS: Final = GaugeMetric(
    "stockfeed_rejected_symbols_ratio",
    "0 to 1",
    "Share of the group's symbols whose latest response was not a valid quote.",
)
DELIVERY_FAILURES: Final = CounterMetric(
    "stockfeed_delivery_failures_total",
    "quotes",
    "Quotes that Kafka did not acknowledge in time. The next poll publishes a fresh quote.",
)
RATE_LIMIT_WAIT: Final = CounterMetric(
    "stockfeed_rate_limit_wait_seconds_total",
    "seconds",
    "Time requests spent waiting for the request budget.",
)
REQUEST_BUDGET: Final = GaugeMetric(
    "stockfeed_request_budget_per_minute",
    "requests per minute",
    "This producer's share of the API key's request budget.",
)
BUDGET_FILE_INVALID: Final = GaugeMetric(
    "stockfeed_request_budget_file_invalid",
    "0 or 1",
    "1 while the request budget file is missing or invalid; the last valid value stays in use.",
)
LAST_QUOTE_TIMESTAMP: Final = GaugeMetric(
    "stockfeed_last_quote_timestamp_seconds",
    "Unix seconds",
    "Market time of the newest quote received, by symbol.",
    (Label("symbol", bound="the group's symbols, at most 100"),),
)

METRICS: Final[tuple[Metric, ...]] = (
    POLLS,
    POLL_LATENCY,
    PUBLISHED,
    NEWEST_PUBLISHED,
    SUPPRESSED,
    REJECTED,
    REJECTED_SYMBOLS,
    DELIVERY_FAILURES,
    RATE_LIMIT_WAIT,
    REQUEST_BUDGET,
    BUDGET_FILE_INVALID,
    LAST_QUOTE_TIMESTAMP,
    CERTIFICATE_EXPIRY,
)
