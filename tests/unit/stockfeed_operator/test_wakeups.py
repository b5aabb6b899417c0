import asyncio
import threading
from collections.abc import Callable

from stockfeed_operator.wakeups import FeedKey, Wakeups

US, EU = ("markets", "us"), ("markets", "eu")


def _run(
    reconcile: Callable[[FeedKey], float | None],
    script: Callable[[Wakeups], None],
    done: threading.Event,
    workers: int = 4,
) -> None:
    async def main() -> None:
        wakeups = Wakeups(reconcile, workers, debounce=0.0)
        script(wakeups)
        assert await asyncio.to_thread(done.wait, 30)
        await wakeups.close()

    asyncio.run(main())


def test_reconciles_again_after_the_returned_delay() -> None:
    done, reconciled = threading.Event(), []

    def reconcile(key: FeedKey) -> float | None:
        reconciled.append(key)
        if len(reconciled) == 3:
            done.set()
            return None
        return 0.01

    _run(reconcile, lambda wakeups: wakeups.wake(US), done)
    assert reconciled == [US] * 3


def test_events_during_a_reconcile_cause_exactly_one_more() -> None:
    done, started, resume, reconciled = (
        threading.Event(),
        threading.Event(),
        threading.Event(),
        [],
    )

    def reconcile(key: FeedKey) -> float | None:
        reconciled.append(key)
        started.set()
        resume.wait(30)
        if len(reconciled) == 2:
            done.set()
        return 3600.0

    async def main() -> None:
        wakeups = Wakeups(reconcile, 4, debounce=0.0)
        for _ in range(5):
            wakeups.wake(US)
        await asyncio.to_thread(started.wait, 30)
        for _ in range(5):
            wakeups.wake(US)
        resume.set()
        assert await asyncio.to_thread(done.wait, 30)
        await wakeups.close()

    asyncio.run(main())
    assert reconciled == [US] * 2


def test_wakes_the_known_feeds_of_a_namespace() -> None:
    done, both, reconciled = threading.Event(), threading.Event(), []

    def reconcile(key: FeedKey) -> float | None:
        reconciled.append(key)
        if len(reconciled) == 2:
            both.set()
        if reconciled.count(US) == 2 and reconciled.count(EU) == 2:
            done.set()
        return 3600.0

    async def main() -> None:
        wakeups = Wakeups(reconcile, 4, debounce=0.0)
        wakeups.wake(US)
        wakeups.wake(EU)
        assert await asyncio.to_thread(both.wait, 30)
        wakeups.wake_namespace("elsewhere")
        wakeups.wake_namespace("markets")
        assert await asyncio.to_thread(done.wait, 30)
        await wakeups.close()

    asyncio.run(main())
    assert sorted(reconciled) == [EU, EU, US, US]


def test_limits_concurrency_and_never_reconciles_a_feed_twice_at_once() -> None:
    lock, running, counts = threading.Lock(), set(), []
    done = threading.Event()

    def reconcile(key: FeedKey) -> float | None:
        with lock:
            assert key not in running
            running.add(key)
            counts.append(len(running))
        threading.Event().wait(0.02)
        with lock:
            running.discard(key)
        if len(counts) == 12:
            done.set()
        return 0.0 if len(counts) < 12 else 3600.0

    def script(wakeups: Wakeups) -> None:
        for number in range(5):
            wakeups.wake(("n", str(number)))

    _run(reconcile, script, done, workers=2)
    assert max(counts) == 2


def test_runs_as_many_reconciles_at_once_as_there_are_workers() -> None:
    workers, done = 50, threading.Event()  # asyncio's default pool has at most 32 threads
    all_at_once = threading.Barrier(workers, action=done.set)

    def reconcile(key: FeedKey) -> float | None:
        all_at_once.wait(30)
        return 3600.0

    def script(wakeups: Wakeups) -> None:
        for number in range(workers):
            wakeups.wake(("n", str(number)))

    _run(reconcile, script, done, workers)
    assert not all_at_once.broken


def test_a_feed_can_be_recreated() -> None:
    done, first, reconciled = threading.Event(), threading.Event(), []

    def reconcile(key: FeedKey) -> float | None:
        reconciled.append(key)
        (done if len(reconciled) == 2 else first).set()
        return None

    async def main() -> None:
        wakeups = Wakeups(reconcile, 4, debounce=0.0)
        wakeups.wake(US)
        assert await asyncio.to_thread(first.wait, 30)
        await asyncio.sleep(0.05)
        wakeups.wake(US)
        assert await asyncio.to_thread(done.wait, 30)
        await wakeups.close()

    asyncio.run(main())
    assert reconciled == [US, US]
