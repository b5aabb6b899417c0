"""Finnhub's two limits: requests per minute by plan, and a cap per second on every plan."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_MINUTE: Final = 60
_SECOND: Final = 1


@dataclass(slots=True)
class _Window:
    """Requests counted since the window's start; a new window starts when it is over."""

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
    """Whether a request may pass, and what its answer tells about the limit.

    Attributes:
        allowed: False means 429.
        headers: Finnhub's X-Ratelimit headers; the reset is in Unix seconds.
    """

    allowed: bool
    headers: dict[str, str]


@dataclass(slots=True)
class RateLimit:
    """Counts requests per token.

    Attributes:
        per_minute: requests that a token has in a minute; None for no limit.
        per_second: requests that a token has in a second; None for no limit.
        clock: gives Unix seconds.
    """

    per_minute: int | None = None
    per_second: int | None = None
    clock: Callable[[], float] = time.time
    _windows: dict[str, list[_Window]] = field(default_factory=dict)

    def take(self, token: str) -> Decision:
        """Counts one request of the token, if the limits let it pass."""
        now = self.clock()
        windows = self._windows.setdefault(token, self._new_windows())
        full = [window for window in windows if window.is_full(now)]
        if not full:
            for window in windows:
                window.used += 1
        # A full window is what the client must wait for; else its minute is what it has.
        told = max(full, key=lambda window: window.ends) if full else next(iter(windows), None)
        return Decision(not full, _headers(told) if told else {})

    def _new_windows(self) -> list[_Window]:
        limits = ((self.per_minute, _MINUTE), (self.per_second, _SECOND))
        return [_Window(limit, seconds) for limit, seconds in limits if limit is not None]


def _headers(window: _Window) -> dict[str, str]:
    return headers(window.limit, window.limit - window.used, window.ends)


def headers(limit: int, remaining: int, reset: float) -> dict[str, str]:
    """The X-Ratelimit headers; `reset` in Unix seconds, rounded up as it is a time to wait for."""
    return {
        "X-Ratelimit-Limit": str(limit),
        "X-Ratelimit-Remaining": str(remaining),
        "X-Ratelimit-Reset": str(int(-(-reset // 1))),
    }
