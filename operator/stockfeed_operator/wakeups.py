"""Looks at each feed when something happened to it, and now and then when nothing did.

Each feed has a loop of its own, so one look at a feed never meets another; a pool of threads bounds
how many feeds are looked at together. Events that come while a look is under way lead to one more.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

FeedKey = tuple[str, str]
"""Namespace and name."""

Look = Callable[[FeedKey], float | None]
"""Looks at a feed, in a thread; gives the seconds until the next look, or None when it is gone."""


class Wakeups:
    """The feeds' loops.

    Args:
        look: what to do.
        workers: how many looks may run at once.
        pause: seconds that a loop waits after an event for more of them.
    """

    def __init__(self, look: Look, workers: int, pause: float = 1.0) -> None:
        self._look = look
        # asyncio's own pool has as many threads as the node's processors allow, and not more.
        self._threads = ThreadPoolExecutor(workers, "look")
        self._pause = pause
        self._bells: dict[FeedKey, asyncio.Event] = {}
        self._loops: set[asyncio.Task[None]] = set()

    def wake(self, key: FeedKey) -> None:
        """Has a look at the feed soon."""
        bell = self._bells.get(key)
        if bell is None:
            bell = self._bells[key] = asyncio.Event()
            loop = asyncio.create_task(self._run(key, bell), name=f"feed {key[0]}/{key[1]}")
            self._loops.add(loop)
            loop.add_done_callback(self._loops.discard)
        bell.set()

    def wake_namespace(self, namespace: str) -> None:
        """Has a look at all known feeds of a namespace: they share API keys and targets."""
        for key in list(self._bells):
            if key[0] == namespace:
                self.wake(key)

    async def close(self) -> None:
        """Ends all loops; looks under way come to their end."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown)

    async def _run(self, key: FeedKey, bell: asyncio.Event) -> None:
        delay: float | None = 0.0
        while delay is not None or bell.is_set():
            await _rung(bell, delay or 0.0)
            await asyncio.sleep(self._pause)
            bell.clear()
            delay = await asyncio.get_running_loop().run_in_executor(self._threads, self._look, key)
        del self._bells[key]


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return
