"""Runs one reconcile: records metrics, logs errors, and chooses the delay until the next one."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog

from stockfeed_operator.kube.errors import ClusterError, ConflictError, ForbiddenError
from stockfeed_operator.kube.kinds import Key
from stockfeed_operator.metrics import OperatorMetrics
from stockfeed_operator.reconcile import Outcome
from stockfeed_operator.wakeups import FeedKey

_log = structlog.get_logger()

_CONFLICT_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 10.0
# A missing permission or a bug is unlikely to go away soon.
_ERROR_SECONDS: Final = 60.0
# While the write of one object fails, the others still need attention, e.g. for a stop.
_PARTIAL_SECONDS: Final = 60.0


class Worker:
    """Reconciles feeds and records the results.

    Args:
        reconcile: takes the feed's namespace and name, the current time, and a callback for each
            repaired object.
        metrics: the metrics to update.
        resync: maximum seconds between two reconciles of a feed.
    """

    def __init__(
        self,
        reconcile: Callable[[str, str, datetime, Callable[[Key], None]], Outcome],
        metrics: OperatorMetrics,
        resync: float,
    ) -> None:
        self._reconcile = reconcile
        self._metrics = metrics
        self._resync = resync
        self._failures: dict[FeedKey, int] = {}

    def reconcile(self, key: FeedKey) -> float | None:
        """Reconciles a feed.

        Returns:
            seconds until the next reconcile; None if the feed is gone.
        """
        started = time.monotonic()
        try:
            outcome = self._reconcile(*key, datetime.now(UTC), partial(self._record_repair, key))
        except Exception as error:  # noqa: BLE001 - one feed's error must not end the operator
            return self._failed(key, error)
        finally:
            self._metrics.duration.observe(time.monotonic() - started)
        return self._record(key, outcome)

    def _failed(self, key: FeedKey, error: Exception) -> float:
        self._metrics.reconciles.labels("failed").inc()
        # Not logged: another writer was first, and the retry reads what it wrote.
        if isinstance(error, ConflictError):
            return self._backoff(key, _CONFLICT_SECONDS)
        expected = isinstance(error, ClusterError)
        namespace, name = key
        _log.error(
            "reconcile failed",
            namespace=namespace,
            feed=name,
            error=str(error),
            exc_info=None if expected else error,
        )
        soon = expected and not isinstance(error, ForbiddenError)
        return self._backoff(key, _RETRY_SECONDS if soon else _ERROR_SECONDS)

    def _backoff(self, key: FeedKey, seconds: float) -> float:
        """Returns the delay, doubled for each failure in a row."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        # The exponent's cap only keeps the power small; `resync` limits the delay much earlier.
        return float(min(seconds * 2 ** min(failures, 10), self._resync))

    def _record(self, key: FeedKey, outcome: Outcome) -> float | None:
        namespace, name = key
        self._metrics.reconciles.labels(outcome.result).inc()
        self._metrics.feeds.update(namespace, name, outcome.status, outcome.schedule)
        if outcome.status is None:
            self._failures.pop(key, None)
            return None
        if outcome.failed:
            return min(self._backoff(key, _RETRY_SECONDS), _PARTIAL_SECONDS)
        self._failures.pop(key, None)
        requeue_after = (
            None if outcome.requeue_after is None else outcome.requeue_after.total_seconds()
        )
        return self._resync if requeue_after is None else min(max(requeue_after, 0.0), self._resync)

    def _record_repair(self, feed: FeedKey, key: Key) -> None:
        namespace, name = feed
        self._metrics.repairs.labels(key.kind).inc()
        _log.info("repaired", namespace=namespace, feed=name, kind=key.kind, name=key.name)
