import pytest

from stockfeed.producer.provider import (
    Failed,
    Quote,
    RateLimited,
    Rejected,
    Unauthorized,
    Unchanged,
)
from stockfeed.producer.status import ApiStatus, LoopWatchdog, readiness

QUOTE = Quote(("A",), b"{}", 1)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def status(clock):
    return ApiStatus(["A", "B"], 60.0, clock)


def test_there_is_a_problem_until_the_first_answer(status):
    assert "no answer yet" in status.problem()
    status.record("A", Failed("connection refused"))
    assert "connection refused" in status.problem()
    status.record("B", QUOTE)
    assert status.problem() is None


@pytest.mark.parametrize("answer", [QUOTE, Unchanged(), Rejected("zero_price")])
def test_an_answer_is_a_sign_of_life(status, answer):
    status.record("A", answer)
    assert status.problem() is None


@pytest.mark.parametrize("trouble", [Failed("boom"), RateLimited("429")])
def test_trouble_everywhere_counts_only_when_it_lasts(status, clock, trouble):
    status.record("A", QUOTE)
    status.record("A", trouble)
    status.record("B", trouble)
    clock.now = 60.0
    assert status.problem() is None
    clock.now = 60.1
    assert trouble.message in status.problem()
    status.record("B", QUOTE)
    assert status.problem() is None


def test_one_good_symbol_is_enough(status, clock):
    status.record("A", QUOTE)
    clock.now = 50.0
    status.record("A", Failed("boom"))
    status.record("B", Unchanged())
    clock.now = 100.0
    assert status.problem() is None


def test_a_key_refused_for_every_symbol_counts_at_once(status):
    status.record("A", QUOTE)
    status.record("B", Unauthorized("put a key into TOKEN"))
    assert status.problem() is None
    status.record("A", Unauthorized("put a key into TOKEN"))
    assert "put a key into TOKEN" in status.problem()
    status.record("A", QUOTE)
    assert status.problem() is None


def test_readiness_says_all_reasons():
    answer = readiness("the API is away", None, "Kafka is away")
    assert not answer.ok
    assert answer.body == {"ready": False, "reasons": ["the API is away", "Kafka is away"]}
    assert readiness(None, None).ok


def test_a_stuck_loop_is_unhealthy(clock):
    watch = LoopWatchdog(clock)
    clock.now = 30.0
    assert watch.check().ok
    clock.now = 31.0
    assert not watch.check().ok
    assert "stuck for 31 s" in str(watch.check().body)
    watch.beat()
    assert watch.check().ok
