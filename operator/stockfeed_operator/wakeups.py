"""The reconcile loops: one per feed, woken by events and by a timer.

A feed's loop runs its reconciles one after another, so they never overlap. A thread pool limits
how many feeds are reconciled at once. Events that arrive during a reconcile trigger one more.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

FeedKey = tuple[str, str]
"""Namespace and name."""

Reconcile = Callable[[FeedKey], float | None]
"""Reconciles a feed; returns the seconds until the next reconcile, or None if the feed is gone."""


class Wakeups:
    """Runs the feeds' reconcile loops.

    Args:
        reconcile: called in a worker thread.
        workers: maximum number of concurrent reconciles.
        debounce: seconds to wait after an event, so that a burst of events causes one reconcile.
    """

    def __init__(self, reconcile: Reconcile, workers: int, debounce: float = 1.0) -> None:
        self._reconcile = reconcile
        # asyncio's default pool has at most min(32, CPUs + 4) threads, which may be fewer.
        self._threads = ThreadPoolExecutor(workers, "reconcile")
        self._debounce = debounce
        self._wake_events: dict[FeedKey, asyncio.Event] = {}
        # asyncio itself keeps only weak references to tasks, so a loop could be garbage collected
        # (https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task).
        self._loops: set[asyncio.Task[None]] = set()

    def wake(self, key: FeedKey) -> None:
        """Schedules a reconcile of the feed; starts its loop if it has none."""
        event = self._wake_events.get(key)
        if event is None:
            event = self._wake_events[key] = asyncio.Event()
            loop = asyncio.create_task(self._run(key, event), name=f"feed {key[0]}/{key[1]}")
            self._loops.add(loop)
            loop.add_done_callback(self._loops.discard)
        event.set()

    def wake_namespace(self, namespace: str) -> None:
        """Schedules a reconcile of each known feed in the namespace."""
        for key in list(self._wake_events):
            if key[0] == namespace:
                self.wake(key)

    async def close(self) -> None:
        """Cancels all loops and waits for running reconciles to finish."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        # Cancelling a loop does not stop its reconcile, which runs in a thread. Waiting in another
        # thread keeps the event loop, and so the heartbeat, alive.
        await asyncio.to_thread(self._threads.shutdown)

    async def _run(self, key: FeedKey, event: asyncio.Event) -> None:
        delay: float | None = 0.0
        while delay is not None or event.is_set():
            await _wait(event, delay or 0.0)
            await asyncio.sleep(self._debounce)
            # Before the reconcile reads the cluster, so that an event in between causes another
            # one.
            event.clear()
            delay = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._reconcile, key
            )
        # Nothing is awaited after the loop's last check of the event, so no wake-up is lost here.
        del self._wake_events[key]


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
