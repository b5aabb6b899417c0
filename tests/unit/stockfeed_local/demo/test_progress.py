"""Sampling continues after short failures, and raises an error for long ones."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from stockfeed.errors import TransientError
from stockfeed_local.demo import progress as module
from stockfeed_local.demo.progress import ProgressSampler, StageReaders
from stockfeed_local.demo.warehouse import RowCounts

StartSampler = Callable[[Callable[[httpx.Request], httpx.Response]], ProgressSampler]


class Counter:
    """Stub of all readers, with constant counts."""

    def count(self) -> int:
        return 3

    def counts(self) -> RowCounts:
        return RowCounts(2, 1, None)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SAMPLE_SECONDS", 0.001)


@pytest.fixture
def sampling() -> Iterator[StartSampler]:
    """Starts samplers whose quote server is a function."""
    started: list[ProgressSampler] = []

    def start(answer: Callable[[httpx.Request], httpx.Response]) -> ProgressSampler:
        counter: Any = Counter()
        progress = ProgressSampler(
            StageReaders("http://quotes", counter, counter, counter), 4, hold=False
        )
        transport = httpx.MockTransport(answer)
        progress._client = httpx.Client(base_url="http://quotes", transport=transport)
        started.append(progress)
        progress.start()
        return progress

    yield start
    for progress in started:
        progress.stop()


def test_sampling_continues_when_a_service_recovers(sampling: StartSampler) -> None:
    polled = threading.Semaphore(0)

    def answer(_: httpx.Request) -> httpx.Response:
        polled.release()
        if not answers.is_set():
            raise httpx.ConnectError("busy")
        return httpx.Response(200, json={"polled": 4, "done": True})

    answers = threading.Event()
    progress = sampling(answer)
    for _ in range(3):
        polled.acquire()
    progress.raise_if_failed()
    assert not progress.tape_done.is_set()
    answers.set()
    assert progress.tape_done.wait(30)
    progress.finish()
    newest = progress.newest
    assert (newest.polled, newest.landed, newest.loaded, newest.silver) == (4, 3, 2, 1)


def test_sampling_fails_when_a_service_stays_unreachable(
    sampling: StartSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.0)

    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    progress = sampling(answer)
    assert progress._sampling is not None
    progress._sampling.exception(30)
    for _ in range(2):
        with pytest.raises(TransientError, match="no progress sample succeeded for 0 s: refused"):
            progress.raise_if_failed()
    with pytest.raises(TransientError):
        progress.finish()


def test_unexpected_response_is_raised(sampling: StartSampler) -> None:
    progress = sampling(lambda _: httpx.Response(200, json={"unknown": 1}))
    assert progress._sampling is not None
    assert isinstance(progress._sampling.exception(30), KeyError)
    with pytest.raises(KeyError, match="polled"):
        progress.raise_if_failed()
