"""Liveness, readiness and drain state of the consumer."""

from time import monotonic
from typing import Any

import structlog

from stockfeed.consumer.worker import Worker
from stockfeed.contract import endpoints
from stockfeed.health import Check, CheckResult
from stockfeed.metrics import ConsumerMetrics

_log = structlog.get_logger(__name__)

# A drain may block the loop for its full timeout; anything longer means that it hangs.
_MAX_STALL_SECONDS = 60.0
# An older lag measurement is not evidence of being drained.
_MAX_LAG_AGE_SECONDS = 10.0


class Status:
    """State written by the consumer's loop and read by the HTTP server's threads.

    Args:
        metrics: the consumer's metrics; `lag` is updated here.
    """

    def __init__(self, metrics: ConsumerMetrics) -> None:
        self.metrics = metrics
        self._progress_at = monotonic()
        self._measured_at = float("-inf")
        self._lag: dict[int, int] = {}
        self._buffered = 0
        self._reasons: list[str] = ["not connected to Kafka yet"]

    def checks(self) -> dict[str, Check]:
        """Returns the checks by HTTP path."""
        return {
            endpoints.HEALTHZ: self._healthz,
            endpoints.READYZ: self._readyz,
            endpoints.DRAINED: self._drained,
        }

    def record_progress(self) -> None:
        """Records that the loop is running."""
        self._progress_at = monotonic()

    def record_retry(self, outcome: Any) -> None:
        """Records that a session or the store's probe failed and will be retried.

        Args:
            outcome: tenacity's future of the failed attempt.
        """
        error = outcome.exception()
        self.record_progress()
        self._reasons = [str(error)]
        _log.warning("retrying", error=str(error))

    def update(self, worker: Worker, lag: dict[int, int] | None, problem: str | None) -> None:
        """Records the state of the partitions.

        Args:
            worker: the worker that has the partitions.
            lag: number of unlanded messages by partition; None if the broker did not respond.
            problem: why the broker did not respond; None if it did.
        """
        self._buffered = sum(partition.buffered for partition in worker.partitions.values())
        self._reasons = [
            *([] if problem is None else [problem]),
            *worker.faults.values(),
            *worker.last_errors.values(),
        ]
        if lag is None:
            return
        for partition in self._lag.keys() - lag.keys():
            self.metrics.lag.remove(str(partition))
        for partition, messages in lag.items():
            self.metrics.lag.labels(str(partition)).set(messages)
        self._lag = lag
        self._measured_at = monotonic()

    def _healthz(self) -> CheckResult:
        quiet = monotonic() - self._progress_at
        return CheckResult(quiet < _MAX_STALL_SECONDS, {"secondsSinceLastTurn": round(quiet, 1)})

    def _readyz(self) -> CheckResult:
        reasons = self._reasons
        return CheckResult(not reasons, {"ready": not reasons, "reasons": reasons})

    def _drained(self) -> CheckResult:
        lag = sum(self._lag.values())
        fresh = monotonic() - self._measured_at < _MAX_LAG_AGE_SECONDS
        drained = fresh and lag == 0 and self._buffered == 0
        body: dict[str, object] = {
            "drained": drained,
            "lag": lag,
            "buffered": self._buffered,
            "partitions": sorted(self._lag),
        }
        return CheckResult(drained, body)
