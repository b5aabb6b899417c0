"""Poll schedule: each symbol has a fixed time grid, which avoids drift and bursts."""

import math
import random
from dataclasses import dataclass

_FIRST_RETRY_SECONDS = 0.5
_MAX_RETRY_SECONDS = 30.0
_MAX_REJECTION_INTERVALS = 8.0


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a symbol is polled and its quote published.

    Attributes:
        interval: seconds between two polls of a symbol.
        heartbeat: an unchanged quote is published again at least this often, in seconds, so that
            a quiet market can be told from a broken feed; None turns repetition off.
    """

    interval: float
    heartbeat: float | None


def first_due_times(count: int, interval: float, start: float) -> list[float]:
    """Returns the first due times of `count` symbols, spread evenly over one interval."""
    return [start + interval * index / count for index in range(count)]


def next_due_time(due: float, interval: float, now: float) -> float:
    """Returns the next time on the grid `due + n * interval` that is after `now`.

    A late poll does not delay later ones, and missed polls are skipped.
    """
    missed = math.floor((now - due) / interval)
    return due + interval * (1 + max(0, missed))


def rejection_interval(rejections: int, interval: float) -> float:
    """Returns the poll interval after rejected responses; doubles with each consecutive one.

    The provider answers but has no quote for the symbol, so each request wastes budget. The result
    is a multiple of the interval, so that symbols stay spread over the time grid.

    Args:
        rejections: number of consecutive rejected responses, at least 1.
        interval: the poll interval, seconds.
    """
    return interval * min(_MAX_REJECTION_INTERVALS, 2.0 ** min(rejections - 1, 30))


def retry_delay(failures: int, interval: float) -> float:
    """Returns the seconds until a failed poll is retried; doubles with each consecutive failure.

    Jitter prevents symbols and producers from retrying in step. The limit is 30 s or the poll
    interval, whichever is longer, so that a failing symbol does not use up the request budget.

    Args:
        failures: number of consecutive failures, at least 1.
        interval: the poll interval, seconds.
    """
    limit = max(_MAX_RETRY_SECONDS, interval)
    delay = min(limit, _FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 30))
    return delay * random.uniform(0.5, 1.0)  # noqa: S311 - not cryptographic
