"""One request budget for all symbols of the process."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_BURST_SECONDS: Final = 0.02
_RECHECK_SECONDS: Final = 1.0
_ROUNDING: Final = 1e-9


def burst(per_minute: float) -> float:
    """Requests that may be made at once.

    One up to 3,000 a minute: requests are paced, a restart adds one request at most, and up to
    1,800 a minute there are never more than Finnhub's 30 in a second. Above (no plan of Finnhub
    sells that) 20 ms' worth, since timers are not finer.
    """
    return max(1.0, per_minute / 60 * _BURST_SECONDS)


class RateLimiter:
    """A token bucket: at most `per_minute() / 60 * t + burst` requests in any t seconds.

    Args:
        per_minute: the bucket's rate; asked again for each request.
        clock: monotonic seconds.
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
        """Waits for the right to make one request, first come, first served.

        Returns:
            Seconds waited.
        """
        requested_at = self._clock()
        async with self._lock:
            delay = self._delay()
            while delay > 0:
                # Short sleeps, so that a larger share is used soon after it was given.
                await asyncio.sleep(min(delay, _RECHECK_SECONDS))
                delay = self._delay()
            self._tokens -= 1
        return self._clock() - requested_at

    def pause(self, seconds: float) -> None:
        """Makes no request for so long, because the server said so."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _delay(self) -> float:
        now, per_minute = self._clock(), self._per_minute()
        filled = self._tokens + (now - self._refilled) * per_minute / 60
        self._tokens = min(burst(per_minute), filled)
        self._refilled = now
        missing = 1 - self._tokens
        wait = missing * 60 / per_minute if missing > _ROUNDING else 0.0
        return max(wait, self._paused_until - now)
