"""What `stockfeed producer` exports."""

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
    "Quote requests by what came of them. `rejected` is an answer that is no quote, `unauthorized` "
    "a refused API key, `error` no usable answer at all.",
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
    "Time from a quote request's start to its answer.",
    buckets=LATENCY_BUCKETS,
)
PUBLISHED: Final = CounterMetric(
    "stockfeed_quotes_published_total", "quotes", "Quotes that Kafka acknowledged."
)
NEWEST_PUBLISHED: Final = GaugeMetric(
    "stockfeed_newest_published_timestamp_seconds",
    "Unix seconds",
    "Poll time of the newest quote that Kafka acknowledged; 0 until one was.",
)
SUPPRESSED: Final = CounterMetric(
    "stockfeed_quotes_suppressed_total",
    "answers",
    "Answers not published because their quote was published already.",
)
REJECTED: Final = CounterMetric(
    "stockfeed_quotes_rejected_total",
    "answers",
    "Answers that are no quote, by reason.",
    (
        Label(
            "reason",
            ("not_json", "not_object", "no_price", "zero_price", "bad_time", "other_symbol"),
        ),
    ),
)
DELIVERY_FAILURES: Final = CounterMetric(
    "stockfeed_delivery_failures_total",
    "quotes",
    "Quotes that Kafka did not acknowledge in time; the next poll publishes anew.",
)
RATE_LIMIT_WAIT: Final = CounterMetric(
    "stockfeed_rate_limit_wait_seconds_total",
    "seconds",
    "Time that requests waited for the request budget.",
)
REQUEST_BUDGET: Final = GaugeMetric(
    "stockfeed_request_budget_per_minute",
    "requests a minute",
    "This producer's share of the API key's request budget.",
)
BUDGET_FILE_INVALID: Final = GaugeMetric(
    "stockfeed_request_budget_file_invalid",
    "0 or 1",
    "1 while the budget's file is missing or no number, so that its last value holds.",
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
    DELIVERY_FAILURES,
    RATE_LIMIT_WAIT,
    REQUEST_BUDGET,
    BUDGET_FILE_INVALID,
    LAST_QUOTE_TIMESTAMP,
    CERTIFICATE_EXPIRY,
)
