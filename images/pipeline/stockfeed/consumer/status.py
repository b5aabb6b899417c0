"""What the consumer tells of itself: liveness, readiness, and whether it is drained."""

from time import monotonic
from typing import Any

import structlog

from stockfeed.consumer.worker import Worker
from stockfeed.contract import endpoints
from stockfeed.health import Answer, Check
from stockfeed.metrics import ConsumerMetrics

log = structlog.get_logger(__name__)

# A drain may hold the loop for its whole time; anything longer is a hang.
_ALIVE_SECONDS = 60.0
# A look at the lag this old says nothing of now.
_LAG_SECONDS = 10.0


class Status:
    """Written by the consumer's loop, read by the HTTP server's threads.

    Args:
        metrics: where the lag is shown.
    """

    def __init__(self, metrics: ConsumerMetrics) -> None:
        self.metrics = metrics
        self._alive_at = monotonic()
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

    def alive(self) -> None:
        """The loop has turned once more."""
        self._alive_at = monotonic()

    def failed(self, outcome: Any) -> None:
        """A session or the store's probe failed and is tried again."""
        error = outcome.exception()
        self.alive()
        self._reasons = [str(error)]
        log.warning("trying again", error=str(error))

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
            *worker.troubles.values(),
        ]
        if lag is None:
            return
        for partition in self._lag.keys() - lag.keys():
            self.metrics.lag.remove(str(partition))
        for partition, messages in lag.items():
            self.metrics.lag.labels(str(partition)).set(messages)
        self._lag = lag
        self._measured_at = monotonic()

    def _healthz(self) -> Answer:
        quiet = monotonic() - self._alive_at
        return Answer(quiet < _ALIVE_SECONDS, {"secondsSinceLastTurn": round(quiet, 1)})

    def _readyz(self) -> Answer:
        reasons = self._reasons
        return Answer(not reasons, {"ready": not reasons, "reasons": reasons})

    def _drained(self) -> Answer:
        lag = sum(self._lag.values())
        fresh = monotonic() - self._measured_at < _LAG_SECONDS
        drained = fresh and lag == 0 and self._buffered == 0
        body: dict[str, object] = {
            "drained": drained,
            "lag": lag,
            "buffered": self._buffered,
            "partitions": sorted(self._lag),
        }
        return Answer(drained, body)
