"""The rate limiter shared by all symbols of the process."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_BURST_SECONDS: Final = 0.02
_RECHECK_SECONDS: Final = 1.0
_ROUNDING: Final = 1e-9


def burst(per_minute: float) -> float:
    """Returns the number of requests that may be made at once.

    Up to 3,000 requests per minute it is 1, so that requests are paced and a restart adds at most
    one. This also keeps rates up to 1,800 per minute within Finnhub's limit of 30 per second:
    https://finnhub.io/docs/api/rate-limit. At higher rates, which no Finnhub plan offers, it is the
    number of requests in 20 ms, because timers are not more precise.

    Args:
        per_minute: the rate in requests per minute.
    """
    return max(1.0, per_minute / 60 * _BURST_SECONDS)


class RateLimiter:
    """A token bucket: at most `per_minute() / 60 * t + burst` requests in any t seconds.

    Args:
        per_minute: returns the current rate in requests per minute; called for each request.
        clock: monotonic clock, seconds.
    """

    def __init__(
        self,
        per_minute: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = asyncio.Lock()
        self._tokens = 1.0
        self._refilled = clock()
        self._paused_until = self._refilled

    async def acquire(self) -> float:
        """Waits for permission to make one request, in first-come, first-served order.

        Returns:
            The seconds waited.
        """
        requested_at = self._clock()
        async with self._lock:
            delay = self._delay()
            while delay > 0:
                # Sleep briefly, so that an increased rate takes effect soon.
                await asyncio.sleep(min(delay, _RECHECK_SECONDS))
                delay = self._delay()
            self._tokens -= 1
        return self._clock() - requested_at

    def pause(self, seconds: float) -> None:
        """Blocks requests for the given seconds; the longest of several pauses wins."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _delay(self) -> float:
        now, per_minute = self._clock(), self._per_minute()
        refilled = self._tokens + (now - self._refilled) * per_minute / 60
        self._tokens = min(burst(per_minute), refilled)
        self._refilled = now
        missing = 1 - self._tokens
        wait = missing * 60 / per_minute if missing > _ROUNDING else 0.0
        return max(wait, self._paused_until - now)
