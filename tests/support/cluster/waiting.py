"""Waiting for what happens soon, with a limit and a name for it."""

import time
from collections.abc import Callable
from typing import TypeVar

_PAUSE = 0.1  # seconds

T = TypeVar("T")


def wait_for(what: str, probe: Callable[[], T | None], seconds: float) -> T:
    """What the probe returns once that is true.

    Raises:
        TimeoutError: it never was; the message names what was awaited.
    """
    deadline = time.monotonic() + seconds
    while not (result := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(_PAUSE)
    return result
