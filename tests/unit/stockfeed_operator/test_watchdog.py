import asyncio
import contextlib

import pytest

from stockfeed_operator import watchdog
from stockfeed_operator.watchdog import Watchdog


def _run_beside(task: str, seconds: float, error: Exception | None) -> tuple[Watchdog, list[str]]:
    """Runs a watchdog beside a task that ends after some time."""
    dead: list[str] = []
    dog = Watchdog(lambda name, error: dead.append(f"{name}: {error}"))

    async def end() -> None:
        await asyncio.sleep(seconds)
        if error is not None:
            raise error

    async def both() -> None:
        watched = asyncio.create_task(end(), name=task)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(dog.run(), 0.5)
        watched.cancel()
        await asyncio.gather(watched, return_exceptions=True)

    asyncio.run(both())
    return dog, dead


def test_reports_a_watcher_that_fails() -> None:
    _, dead = _run_beside("watcher for pods", 0.1, ValueError("too deep"))
    assert dead == ["watcher for pods: too deep"]


@pytest.mark.parametrize("task", ["watcher for pods", "other"])
def test_reports_no_task_that_ends_as_intended(task: str) -> None:
    assert _run_beside(task, 0.1, None)[1] == []


def test_reports_that_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(watchdog, "monotonic", lambda: now[0])
    dog = Watchdog(lambda name, error: None)
    now[0] += 61
    assert dog.problem() == "nothing watched for 61 s"
    dog.started()
    assert dog.problem() is None
    now[0] += 61
    watched, _ = _run_beside("multidimensional multitasker", 10, None)
    assert watched.problem() is None
