"""Waiting for a condition, with a time limit."""

import time
from collections.abc import Callable
from typing import TypeVar

_PAUSE = 0.1  # seconds

T = TypeVar("T")


def wait_for(what: str, probe: Callable[[], T | None], seconds: float) -> T:
    """Calls the probe until its result is true, and returns the result.

    Args:
        what: the awaited condition, for the error message.
        probe: returns a true value when the condition holds.
        seconds: the time limit.

    Raises:
        TimeoutError: the time limit has passed.
    """
    deadline = time.monotonic() + seconds
    while not (result := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(_PAUSE)
    return result
