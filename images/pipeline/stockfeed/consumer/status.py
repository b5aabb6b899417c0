"""What the consumer tells of itself: liveness, readiness, and whether it is drained."""

from time import monotonic
from typing import Any

import structlog

from stockfeed.consumer.worker import Worker
from stockfeed.contract import endpoints
from stockfeed.health import Check, CheckResult
from stockfeed.metrics import ConsumerMetrics

_log = structlog.get_logger(__name__)

# A drain may hold the loop for its whole time; anything longer is a hang.
_MAX_STALL_SECONDS = 60.0
# A look at the lag this old says nothing of now.
_MAX_LAG_AGE_SECONDS = 10.0


class Status:
    """Written by the consumer's loop, read by the HTTP server's threads.

    Args:
        metrics: where the lag is shown.
    """

    def __init__(self, metrics: ConsumerMetrics) -> None:
        self.metrics = metrics
        self._progress_at = monotonic()
        self._measured_at = float("-inf")
        self._lag: dict[int, int] = {}
        self._buffered = 0
        self._reasons: list[str] = ["not connected to Kafka yet"]

    def checks(self) -> dict[str, Check]:
        """The HTTP endpoints."""
        return {
            endpoints.HEALTHZ: self._healthz,
            endpoints.READYZ: self._readyz,
            endpoints.DRAINED: self._drained,
        }

    def record_progress(self) -> None:
        """The loop has turned once more."""
        self._progress_at = monotonic()

    def record_retry(self, outcome: Any) -> None:
        """A session or the store's probe failed and is tried again."""
        error = outcome.exception()
        self.record_progress()
        self._reasons = [str(error)]
        _log.warning("trying again", error=str(error))

    def update(self, worker: Worker, lag: dict[int, int] | None, problem: str | None) -> None:
        """The loop has looked at its partitions.

        Args:
            worker: the partitions' owner.
            lag: messages not landed by partition; None when the broker did not answer.
            problem: why it did not.
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
