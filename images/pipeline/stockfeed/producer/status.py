"""Whether the producer does its work, and why not: the bodies of `/healthz` and `/readyz`."""

import time
from collections.abc import Callable, Sequence

import structlog

from stockfeed.health import Answer
from stockfeed.producer.provider import Failed, Outcome, RateLimited, Rejected, Unauthorized

_STUCK_SECONDS = 30.0
_log = structlog.get_logger()


class ApiStatus:
    """What the quote API answered lately, over all symbols.

    Args:
        symbols: all that are polled.
        patience: seconds without any good answer after which the producer is not ready.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._troubles: dict[str, Outcome | None] = dict.fromkeys(symbols)
        self._patience = patience
        self._clock = clock
        self._answered: float | None = None

    def record(self, symbol: str, outcome: Outcome) -> None:
        """Notes an outcome; a change between good and bad is logged."""
        bad = isinstance(outcome, Failed | Unauthorized | RateLimited | Rejected)
        if bad and self._troubles[symbol] != outcome:
            _log.warning(
                "poll without a quote", symbol=symbol, outcome=outcome.label, **_why(outcome)
            )
        elif not bad and self._troubles[symbol] is not None:
            _log.info("quotes again", symbol=symbol)
        self._troubles[symbol] = outcome if bad else None
        if not bad or isinstance(outcome, Rejected):
            self._answered = self._clock()

    def problem(self) -> str | None:
        """Why the API gives no quotes, or None; one symbol that works is enough."""
        troubles = [trouble for trouble in self._troubles.values() if trouble is not None]
        reasons = sorted({reason for trouble in troubles for reason in _why(trouble).values()})
        everywhere = len(troubles) == len(self._troubles)
        if self._answered is None:
            return "the quote API: " + ("; ".join(reasons) or "no answer yet")
        if everywhere and all(isinstance(trouble, Unauthorized) for trouble in troubles):
            return "the quote API: " + "; ".join(reasons)
        silent = self._clock() - self._answered
        if silent > self._patience:
            return f"the quote API: no quote for {silent:.0f} s: " + "; ".join(reasons)
        return None


def _why(outcome: Outcome) -> dict[str, str]:
    if isinstance(outcome, Rejected):
        return {"reason": f"rejected: {outcome.reason}"}
    if isinstance(outcome, Failed | Unauthorized | RateLimited):
        return {"reason": outcome.message}
    return {}


class LoopWatch:
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

    def check(self) -> Answer:
        """The answer of `/healthz`."""
        seconds = self._clock() - self._beat
        body: dict[str, object] = {"healthy": seconds <= _STUCK_SECONDS}
        if seconds > _STUCK_SECONDS:
            body["reasons"] = [f"the event loop has been stuck for {seconds:.0f} s"]
        return Answer(seconds <= _STUCK_SECONDS, body)


def readiness(*problems: str | None) -> Answer:
    """The answer of `/readyz`: ready when there is no problem."""
    reasons = [problem for problem in problems if problem is not None]
    return Answer(not reasons, {"ready": not reasons, "reasons": reasons})
