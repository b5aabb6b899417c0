import asyncio
import threading
from collections.abc import Callable

from stockfeed_operator.wakeups import FeedKey, Wakeups

US, EU = ("markets", "us"), ("markets", "eu")


def _run(
    look: Callable[[FeedKey], float | None],
    script: Callable[[Wakeups], None],
    done: threading.Event,
    workers: int = 4,
) -> None:
    async def main() -> None:
        wakeups = Wakeups(look, workers, pause=0.0)
        script(wakeups)
        assert await asyncio.to_thread(done.wait, 30)
        await wakeups.close()

    asyncio.run(main())


def test_a_feed_is_looked_at_again_after_the_time_it_asks_for() -> None:
    done, looks = threading.Event(), []

    def look(key: FeedKey) -> float | None:
        looks.append(key)
        if len(looks) == 3:
            done.set()
            return None
        return 0.01

    _run(look, lambda wakeups: wakeups.wake(US), done)
    assert looks == [US] * 3


def test_many_events_lead_to_one_look_and_one_more_for_those_during_it() -> None:
    done, started, go_on, looks = (threading.Event(), threading.Event(), threading.Event(), [])

    def look(key: FeedKey) -> float | None:
        looks.append(key)
        started.set()
        go_on.wait(30)
        if len(looks) == 2:
            done.set()
        return 3600.0

    async def main() -> None:
        wakeups = Wakeups(look, 4, pause=0.0)
        for _ in range(5):
            wakeups.wake(US)
        await asyncio.to_thread(started.wait, 30)
        for _ in range(5):
            wakeups.wake(US)
        go_on.set()
        assert await asyncio.to_thread(done.wait, 30)
        await wakeups.close()

    asyncio.run(main())
    assert looks == [US] * 2


def test_a_namespace_wakes_its_known_feeds() -> None:
    done, both, looks = threading.Event(), threading.Event(), []

    def look(key: FeedKey) -> float | None:
        looks.append(key)
        if len(looks) == 2:
            both.set()
        if looks.count(US) == 2 and looks.count(EU) == 2:
            done.set()
        return 3600.0

    async def main() -> None:
        wakeups = Wakeups(look, 4, pause=0.0)
        wakeups.wake(US)
        wakeups.wake(EU)
        assert await asyncio.to_thread(both.wait, 30)
        wakeups.wake_namespace("elsewhere")
        wakeups.wake_namespace("markets")
        assert await asyncio.to_thread(done.wait, 30)
        await wakeups.close()

    asyncio.run(main())
    assert sorted(looks) == [EU, EU, US, US]


def test_no_more_looks_at_once_than_workers_and_never_two_at_one_feed() -> None:
    lock, running, most = threading.Lock(), set(), []
    done = threading.Event()

    def look(key: FeedKey) -> float | None:
        with lock:
            assert key not in running
            running.add(key)
            most.append(len(running))
        threading.Event().wait(0.02)
        with lock:
            running.discard(key)
        if len(most) == 12:
            done.set()
        return 0.0 if len(most) < 12 else 3600.0

    def script(wakeups: Wakeups) -> None:
        for number in range(5):
            wakeups.wake(("n", str(number)))

    _run(look, script, done, workers=2)
    assert max(most) == 2


def test_as_many_looks_at_once_as_workers_however_few_processors_there_are() -> None:
    workers, done = 50, threading.Event()  # asyncio's own threads are 32 at most
    all_at_once = threading.Barrier(workers, action=done.set)

    def look(key: FeedKey) -> float | None:
        all_at_once.wait(30)
        return 3600.0

    def script(wakeups: Wakeups) -> None:
        for number in range(workers):
            wakeups.wake(("n", str(number)))

    _run(look, script, done, workers)
    assert not all_at_once.broken


def test_a_feed_that_is_gone_can_come_back() -> None:
    done, first, looks = threading.Event(), threading.Event(), []

    def look(key: FeedKey) -> float | None:
        looks.append(key)
        (done if len(looks) == 2 else first).set()
        return None

    async def main() -> None:
        wakeups = Wakeups(look, 4, pause=0.0)
        wakeups.wake(US)
        assert await asyncio.to_thread(first.wait, 30)
        await asyncio.sleep(0.05)
        wakeups.wake(US)
        assert await asyncio.to_thread(done.wait, 30)
        await wakeups.close()

    asyncio.run(main())
    assert looks == [US, US]
