"""When a symbol is polled: on a grid of its own, so that nothing drifts and nothing bunches."""

import math
import random
from dataclasses import dataclass

_FIRST_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 30.0


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
    """First due times of `count` symbols, spread evenly over one interval from `start` on."""
    return [start + interval * index / count for index in range(count)]


def next_due_time(due: float, interval: float, now: float) -> float:
    """The next time on the grid `due + n * interval`.

    A late poll delays none of the later ones; polls missed altogether are not made up for.
    """
    missed = math.floor((now - due) / interval)
    return due + interval * (1 + max(0, missed))


def retry_delay(failures: int, interval: float) -> float:
    """Seconds until a failed poll is tried again; doubles with each failure in a row.

    Jitter keeps symbols and producers from coming back in step. The limit is 30 s or the poll
    interval, so that a symbol that always fails does not eat the others' budget.
    """
    limit = max(_LONGEST_RETRY_SECONDS, interval)
    delay = min(limit, _FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 30))
    return delay * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
