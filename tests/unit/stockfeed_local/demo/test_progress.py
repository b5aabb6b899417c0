"""Sampling goes on through short failures; others come out, with the reason."""

import threading
from collections.abc import Callable

import httpx
import pytest

from stockfeed.errors import TransientError
from stockfeed_local.demo import progress as module
from stockfeed_local.demo.progress import ProgressSampler, StageReaders
from stockfeed_local.demo.warehouse import RowCounts


class Counter:
    """Published and landed messages, and what is in the warehouse."""

    def count(self) -> int:
        return 3

    def counts(self) -> RowCounts:
        return RowCounts(2, 1, None)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SAMPLE_SECONDS", 0.001)


@pytest.fixture
def sampling():
    """Starts a progress whose quote server answers as a function does."""
    started = []

    def start(answer: Callable[[httpx.Request], httpx.Response]) -> ProgressSampler:
        counter = Counter()
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


def test_a_service_that_comes_back_is_counted_again(sampling):
    asked = threading.Semaphore(0)

    def answer(_: httpx.Request) -> httpx.Response:
        asked.release()
        if not answers.is_set():
            raise httpx.ConnectError("busy")
        return httpx.Response(200, json={"polled": 4, "done": True})

    answers = threading.Event()
    progress = sampling(answer)
    for _ in range(3):
        asked.acquire()
    progress.raise_if_failed()
    assert not progress.tape_done.is_set()
    answers.set()
    assert progress.tape_done.wait(30)
    progress.finish()
    newest = progress.newest
    assert (newest.polled, newest.landed, newest.loaded, newest.silver) == (4, 3, 2, 1)


def test_a_service_that_stays_away_is_told_of(sampling, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.0)

    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody is there")

    progress = sampling(answer)
    progress._sampling.exception(30)
    for _ in range(2):
        with pytest.raises(TransientError, match="could not be counted for 0 s: nobody is there"):
            progress.raise_if_failed()
    with pytest.raises(TransientError):
        progress.finish()


def test_an_unforeseen_answer_is_told_of(sampling):
    progress = sampling(lambda _: httpx.Response(200, json={"unknown": 1}))
    assert isinstance(progress._sampling.exception(30), KeyError)
    with pytest.raises(KeyError, match="polled"):
        progress.raise_if_failed()
