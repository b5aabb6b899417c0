"""Detects a dead watcher, and lets JSON be as deep as the API server allows.

kopf 1.4x stops its other tasks when a watcher fails and then waits for them forever, so the process
would keep running without watching anything (tests/integration/test_operator_watchers.py).
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

# The names of kopf's tasks.
_ORCHESTRATOR: Final = "multidimensional multitasker"
_WATCHER: Final = "watcher for "
_POLL_SECONDS: Final = 0.25
_DEAD_SECONDS: Final = 60.0

# Go's encoding/json, and so the API server, accepts 10,000 levels; each takes up to three calls.
# Decoding 40,000 levels fits into a stack of 8 MiB (measured with Python 3.11).
_RECURSION_LIMIT: Final = 35_000
_STACK_BYTES: Final = 16 * 1024 * 1024


def allow_deep_json() -> None:
    """Raises the recursion limit, so that no object can make the decoding of a list fail.

    Anyone who may create a labelled object of one of the watched kinds could otherwise stop the
    operator for all feeds. Call it before threads are started.
    """
    sys.setrecursionlimit(_RECURSION_LIMIT)
    threading.stack_size(_STACK_BYTES)


class Watchdog:
    """Follows kopf's watchers.

    Args:
        on_death: called with the name of a watcher's task and its error.
    """

    def __init__(self, on_death: Callable[[str, BaseException], None]) -> None:
        self._on_death = on_death
        self._tasks: set[asyncio.Task[object]] = set()
        self._last = monotonic()

    def started(self) -> None:
        """Starts the time in which the watchers have to appear: a standby replica has none."""
        self._last = monotonic()

    async def run(self) -> None:
        """Checks the watchers' tasks until cancelled."""
        while True:
            self._tasks |= {task for task in asyncio.all_tasks() if _is_watched(task)}
            ended = {task for task in self._tasks if task.done()}
            self._tasks -= ended
            for task in ended:
                # A watcher is cancelled when its kind's CRD is removed, and at the end.
                error = None if task.cancelled() else task.exception()
                if error is not None:
                    self._on_death(task.get_name(), error)
            if any(task.get_name() == _ORCHESTRATOR for task in self._tasks):
                self._last = monotonic()
            await asyncio.sleep(_POLL_SECONDS)

    def problem(self) -> str | None:
        """Returns a message if nothing has been watched for a minute; otherwise None."""
        silent = monotonic() - self._last
        return f"nothing watched for {silent:.0f} s" if silent > _DEAD_SECONDS else None


def _is_watched(task: asyncio.Task[object]) -> bool:
    return task.get_name() == _ORCHESTRATOR or task.get_name().startswith(_WATCHER)
