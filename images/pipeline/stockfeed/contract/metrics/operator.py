"""Metrics of the operator. A feed's series are removed when the feed is deleted."""

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
    "stockfeed_operator_leader", "0 or 1", "1 in the replica that holds the leader-election Lease."
)
RECONCILES: Final = CounterMetric(
    "stockfeed_operator_reconciles_total",
    "reconciles",
    "Reconciliations of a feed, by result.",
    (Label("result", ("changed", "steady", "paused", "invalid", "gone", "failed")),),
)
RECONCILE_DURATION: Final = HistogramMetric(
    "stockfeed_operator_reconcile_seconds",
    "seconds",
    "Duration of a reconciliation of a feed.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
DRIFT_REPAIRS: Final = CounterMetric(
    "stockfeed_operator_drift_repairs_total",
    "objects",
    "Objects restored after something other than the operator changed or deleted them.",
    (Label("kind", bound="the Kubernetes kinds that the operator creates for a feed, about ten"),),
)
FEED_CONDITION: Final = GaugeMetric(
    "stockfeed_operator_feed_condition",
    "1",
    "1 for each current condition in the feed's status.",
    (
        *_FEED,
        Label("condition", bound="the feed's condition types, at most eleven"),
        Label("status", ("True", "False", "Unknown")),
        Label("reason", bound="one at a time per condition"),
    ),
)
FEED_RUNNING: Final = GaugeMetric(
    "stockfeed_operator_feed_running",
    "0 or 1",
    "1 while the feed should deliver quotes: its spec is valid, and it is neither suspended nor "
    "stopped because its exchange is closed.",
    _FEED,
)
FEED_SESSION_OPEN: Final = GaugeMetric(
    "stockfeed_operator_feed_session_open",
    "0 or 1",
    "1 while the trading session that the feed follows is open, including extended hours; absent "
    "if the feed does not follow a session.",
    _FEED,
)
FEED_NEWEST_QUOTE: Final = GaugeMetric(
    "stockfeed_operator_feed_newest_quote_timestamp_seconds",
    "Unix seconds",
    "Poll time of the newest quote that reached gold; its age is the feed's freshness.",
    _FEED,
)
FEED_LAST_LOAD: Final = GaugeMetric(
    "stockfeed_operator_feed_last_load_timestamp_seconds",
    "Unix seconds",
    "Finish time of the latest load that loaded any objects.",
    _FEED,
)
FEED_STEP_DURATION: Final = GaugeMetric(
    "stockfeed_operator_feed_last_load_step_seconds",
    "seconds",
    "Duration of each step of the latest load that loaded any objects.",
    (*_FEED, Label("step", ("load", "build"))),
)
FEED_LOAD_INTERVAL: Final = GaugeMetric(
    "stockfeed_operator_feed_load_interval_seconds",
    "seconds",
    "Time between the latest and the next scheduled start of a load; absent if either is more than "
    "a year away.",
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
