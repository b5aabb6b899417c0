"""What the operator exports; its metrics of one feed end with the feed."""

from typing import Final

from stockfeed.contract.metrics.model import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Label,
    Metric,
)

_FEED: Final = (
    Label("namespace", bound="the namespaces that have feeds"),
    Label("feed", bound="the namespace's feeds"),
)

LEADER: Final = GaugeMetric(
    "stockfeed_operator_leader", "0 or 1", "1 in the replica that holds the Lease."
)
RECONCILES: Final = CounterMetric(
    "stockfeed_operator_reconciles_total",
    "looks",
    "Looks at a feed by result.",
    (Label("result", ("changed", "steady", "paused", "invalid", "gone", "failed")),),
)
RECONCILE_DURATION: Final = HistogramMetric(
    "stockfeed_operator_reconcile_seconds",
    "seconds",
    "Time of one look at a feed.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
DRIFT_REPAIRS: Final = CounterMetric(
    "stockfeed_operator_drift_repairs_total",
    "objects",
    "Objects put right that somebody else had changed or deleted.",
    (Label("kind", bound="the Kubernetes kinds that a feed is made of, about ten"),),
)
FEED_CONDITION: Final = GaugeMetric(
    "stockfeed_operator_feed_condition",
    "1",
    "1 for each condition that the feed has now, as in its status.",
    (
        *_FEED,
        Label("condition", bound="the feed's condition types, at most eleven"),
        Label("status", ("True", "False", "Unknown")),
        Label("reason", bound="one at a time for each condition"),
    ),
)
FEED_RUNNING: Final = GaugeMetric(
    "stockfeed_operator_feed_running",
    "0 or 1",
    "1 while the feed should deliver quotes: it is neither suspended nor stopped for its "
    "exchange's closing, and its spec is valid.",
    _FEED,
)
FEED_SESSION_OPEN: Final = GaugeMetric(
    "stockfeed_operator_feed_session_open",
    "0 or 1",
    "1 while the exchange's session that the feed follows is open, its extended hours included; "
    "absent where the feed follows none.",
    _FEED,
)
FEED_NEWEST_QUOTE: Final = GaugeMetric(
    "stockfeed_operator_feed_newest_quote_timestamp_seconds",
    "Unix seconds",
    "Poll time of the newest quote that a load and its build brought into gold; the time since is "
    "the feed's freshness.",
    _FEED,
)
FEED_LAST_LOAD: Final = GaugeMetric(
    "stockfeed_operator_feed_last_load_timestamp_seconds",
    "Unix seconds",
    "When the newest load that loaded something finished.",
    _FEED,
)
FEED_STEP_DURATION: Final = GaugeMetric(
    "stockfeed_operator_feed_last_load_step_seconds",
    "seconds",
    "How long the steps of the newest load that loaded something took.",
    (*_FEED, Label("step", ("load", "build"))),
)
FEED_LOAD_INTERVAL: Final = GaugeMetric(
    "stockfeed_operator_feed_load_interval_seconds",
    "seconds",
    "Time between the newest start of a load and the next one, by the feed's schedule; absent "
    "where one of them is over a year away.",
    _FEED,
)

METRICS: Final[tuple[Metric, ...]] = (
    LEADER,
    RECONCILES,
    RECONCILE_DURATION,
    DRIFT_REPAIRS,
    FEED_CONDITION,
    FEED_RUNNING,
    FEED_SESSION_OPEN,
    FEED_NEWEST_QUOTE,
    FEED_LAST_LOAD,
    FEED_STEP_DURATION,
    FEED_LOAD_INTERVAL,
)
