"""Finnhub's two rate limits: requests per minute by plan, and per second on every plan.

Finnhub documents both, and the X-Ratelimit headers, under "Rate Limits" in its API documentation.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_MINUTE: Final = 60
_SECOND: Final = 1


@dataclass(slots=True)
class _Window:
    """Requests counted in a fixed window; the first request after its end opens a new one."""

    limit: int
    seconds: int
    ends: float = 0.0
    used: int = 0

    def is_full(self, now: float) -> bool:
        if now >= self.ends:
            self.ends, self.used = now + self.seconds, 0
        return self.used >= self.limit


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request is within the limits, and the rate-limit headers of its response.

    Attributes:
        allowed: False if the response must be a 429.
        headers: Finnhub's X-Ratelimit headers; empty if there is no limit.
    """

    allowed: bool
    headers: dict[str, str]


@dataclass(slots=True)
class RateLimit:
    """Limits the requests of each token.

    Attributes:
        per_minute: Requests allowed per minute; None for no limit.
        per_second: Requests allowed per second; None for no limit.
        clock: Returns the current time in Unix seconds.
    """

    per_minute: int | None = None
    per_second: int | None = None
    clock: Callable[[], float] = time.time
    _windows: dict[str, list[_Window]] = field(default_factory=dict)

    def take(self, token: str) -> Decision:
        """Counts one request of the token, unless a limit is exhausted."""
        now = self.clock()
        windows = self._windows.setdefault(token, self._new_windows())
        full = [window for window in windows if window.is_full(now)]
        if not full:
            for window in windows:
                window.used += 1
        # The headers of a 429 describe the window that the client must wait for, else the first.
        shown = max(full, key=lambda window: window.ends) if full else next(iter(windows), None)
        return Decision(not full, _headers(shown) if shown else {})

    def _new_windows(self) -> list[_Window]:
        limits = ((self.per_minute, _MINUTE), (self.per_second, _SECOND))
        return [_Window(limit, seconds) for limit, seconds in limits if limit is not None]


def _headers(window: _Window) -> dict[str, str]:
    return headers(window.limit, window.limit - window.used, window.ends)


def headers(limit: int, remaining: int, reset: float) -> dict[str, str]:
    """Returns the X-Ratelimit headers.

    Args:
        limit: Requests allowed in the window.
        remaining: Requests left in the window.
        reset: End of the window in Unix seconds; rounded up, so that a client never retries early.
    """
    return {
        "X-Ratelimit-Limit": str(limit),
        "X-Ratelimit-Remaining": str(remaining),
        "X-Ratelimit-Reset": str(int(-(-reset // 1))),
    }
