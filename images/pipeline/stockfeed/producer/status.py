"""Whether the producer does its work, and why not: the bodies of `/healthz` and `/readyz`."""

import time
from collections.abc import Callable, Sequence

import structlog

from stockfeed.health import CheckResult
from stockfeed.producer.provider import Failed, Outcome, RateLimited, Rejected, Unauthorized

_STUCK_SECONDS = 30.0
_log = structlog.get_logger()


class ApiStatus:
    """What the quote API answered lately, over all symbols.

    Args:
        symbols: all that are polled.
        grace_seconds: seconds without any good answer after which the producer is not ready.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        grace_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._problems: dict[str, Outcome | None] = dict.fromkeys(symbols)
        self._grace_seconds = grace_seconds
        self._clock = clock
        self._last_answer_at: float | None = None

    def record(self, symbol: str, outcome: Outcome) -> None:
        """Notes an outcome; a change between good and bad is logged."""
        bad = isinstance(outcome, Failed | Unauthorized | RateLimited | Rejected)
        if bad and self._problems[symbol] != outcome:
            _log.warning(
                "poll without a quote",
                symbol=symbol,
                outcome=outcome.label,
                **_reason_field(outcome),
            )
        elif not bad and self._problems[symbol] is not None:
            _log.info("quotes again", symbol=symbol)
        self._problems[symbol] = outcome if bad else None
        if not bad or isinstance(outcome, Rejected):
            self._last_answer_at = self._clock()

    def problem(self) -> str | None:
        """Why the API gives no quotes, or None; one symbol that works is enough."""
        problems = [problem for problem in self._problems.values() if problem is not None]
        reasons = sorted(
            {reason for problem in problems for reason in _reason_field(problem).values()}
        )
        everywhere = len(problems) == len(self._problems)
        if self._last_answer_at is None:
            return "the quote API: " + ("; ".join(reasons) or "no answer yet")
        if everywhere and all(isinstance(problem, Unauthorized) for problem in problems):
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
    """Tells from another thread whether the event loop turns.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beat = clock()

    def beat(self) -> None:
        """Called by the loop every second."""
        self._beat = self._clock()

    def check(self) -> CheckResult:
        """The answer of `/healthz`."""
        seconds = self._clock() - self._beat
        body: dict[str, object] = {"healthy": seconds <= _STUCK_SECONDS}
        if seconds > _STUCK_SECONDS:
            body["reasons"] = [f"the event loop has been stuck for {seconds:.0f} s"]
        return CheckResult(seconds <= _STUCK_SECONDS, body)


def readiness(*problems: str | None) -> CheckResult:
    """The answer of `/readyz`: ready when there is no problem."""
    reasons = [problem for problem in problems if problem is not None]
    return CheckResult(not reasons, {"ready": not reasons, "reasons": reasons})
