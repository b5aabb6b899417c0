"""Liveness and readiness of the producer."""

import time
from collections.abc import Callable, Sequence

import structlog

from stockfeed.health import CheckResult
from stockfeed.producer.provider import Failed, Outcome, RateLimited, Rejected, Unauthorized

_MAX_STALL_SECONDS = 30.0
_log = structlog.get_logger()


class ApiStatus:
    """Health of the quote API, from the latest outcome of each symbol.

    Args:
        symbols: all polled symbols.
        grace_seconds: seconds without a response for any symbol after which there is a problem.
        clock: monotonic clock, seconds.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        grace_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures: dict[str, Outcome | None] = dict.fromkeys(symbols)
        self._grace_seconds = grace_seconds
        self._clock = clock
        self._last_answer_at: float | None = None

    def record(self, symbol: str, outcome: Outcome) -> None:
        """Records a symbol's outcome and logs changes between success and failure."""
        failed = isinstance(outcome, Failed | Unauthorized | RateLimited | Rejected)
        if failed and self._failures[symbol] != outcome:
            _log.warning(
                "poll failed",
                symbol=symbol,
                outcome=outcome.label,
                **_reason_field(outcome),
            )
        elif not failed and self._failures[symbol] is not None:
            _log.info("poll succeeded again", symbol=symbol)
        self._failures[symbol] = outcome if failed else None
        if not failed or isinstance(outcome, Rejected):
            self._last_answer_at = self._clock()

    def rejected_ratio(self) -> float:
        """Returns the share of symbols whose latest response was rejected, from 0 to 1."""
        rejected = sum(isinstance(outcome, Rejected) for outcome in self._failures.values())
        return rejected / len(self._failures)

    def problem(self) -> str | None:
        """Returns why the API delivers no quotes, or None if at least one symbol works."""
        failures = [outcome for outcome in self._failures.values() if outcome is not None]
        reasons = sorted(
            {reason for outcome in failures for reason in _reason_field(outcome).values()}
        )
        all_failing = len(failures) == len(self._failures)
        if self._last_answer_at is None:
            return "the quote API: " + ("; ".join(reasons) or "no response yet")
        if all_failing and all(isinstance(outcome, Unauthorized) for outcome in failures):
            return "the quote API: " + "; ".join(reasons)
        silent = self._clock() - self._last_answer_at
        if silent > self._grace_seconds:
            return f"the quote API: no quote for {silent:.0f} s: " + "; ".join(reasons)
        return None


def _reason_field(outcome: Outcome) -> dict[str, str]:
    if isinstance(outcome, Rejected):
        return {"reason": f"rejected: {outcome.reason}"}
    if isinstance(outcome, Failed | Unauthorized | RateLimited):
        return {"reason": outcome.message}
    return {}


class LoopWatchdog:
    """Detects from another thread that the event loop is unresponsive.

    Args:
        clock: monotonic clock, seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beat = clock()

    def beat(self) -> None:
        """Records that the loop is running; the loop calls it every second."""
        self._beat = self._clock()

    def check(self) -> CheckResult:
        """Returns the result of `/healthz`."""
        seconds = self._clock() - self._beat
        body: dict[str, object] = {"healthy": seconds <= _MAX_STALL_SECONDS}
        if seconds > _MAX_STALL_SECONDS:
            body["reasons"] = [f"event loop unresponsive for {seconds:.0f} s"]
        return CheckResult(seconds <= _MAX_STALL_SECONDS, body)


def readiness(*problems: str | None) -> CheckResult:
    """Returns the result of `/readyz`: ready if all problems are None."""
    reasons = [problem for problem in problems if problem is not None]
    return CheckResult(not reasons, {"ready": not reasons, "reasons": reasons})
