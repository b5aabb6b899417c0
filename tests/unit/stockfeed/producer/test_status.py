import pytest

from stockfeed.producer.provider import (
    Failed,
    Outcome,
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

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def status(clock: Clock) -> ApiStatus:
    return ApiStatus(["A", "B"], 60.0, clock)


def test_reports_a_problem_until_the_first_response(status: ApiStatus) -> None:
    assert "no response yet" in (status.problem() or "")
    status.record("A", Failed("connection refused"))
    assert "connection refused" in (status.problem() or "")
    status.record("B", QUOTE)
    assert status.problem() is None


@pytest.mark.parametrize("answer", [QUOTE, Unchanged(), Rejected("zero_price")])
def test_any_response_clears_the_initial_problem(status: ApiStatus, answer: Outcome) -> None:
    status.record("A", answer)
    assert status.problem() is None


@pytest.mark.parametrize("outcome", [Failed("boom"), RateLimited("429")])
def test_failure_of_all_symbols_is_a_problem_only_after_the_grace_period(
    status: ApiStatus, clock: Clock, outcome: Failed | RateLimited
) -> None:
    status.record("A", QUOTE)
    status.record("A", outcome)
    status.record("B", outcome)
    clock.now = 60.0
    assert status.problem() is None
    clock.now = 60.1
    assert outcome.message in (status.problem() or "")
    status.record("B", QUOTE)
    assert status.problem() is None


def test_no_problem_while_one_symbol_works(status: ApiStatus, clock: Clock) -> None:
    status.record("A", QUOTE)
    clock.now = 50.0
    status.record("A", Failed("boom"))
    status.record("B", Unchanged())
    clock.now = 100.0
    assert status.problem() is None


def test_key_refused_for_every_symbol_is_a_problem_at_once(status: ApiStatus) -> None:
    status.record("A", QUOTE)
    status.record("B", Unauthorized("put a key into TOKEN"))
    assert status.problem() is None
    status.record("A", Unauthorized("put a key into TOKEN"))
    assert "put a key into TOKEN" in (status.problem() or "")
    status.record("A", QUOTE)
    assert status.problem() is None


def test_readiness_lists_all_problems() -> None:
    answer = readiness("the API is away", None, "Kafka is away")
    assert not answer.ok
    assert answer.body == {"ready": False, "reasons": ["the API is away", "Kafka is away"]}
    assert readiness(None, None).ok


def test_unresponsive_loop_is_unhealthy(clock: Clock) -> None:
    watchdog = LoopWatchdog(clock)
    clock.now = 30.0
    assert watchdog.check().ok
    clock.now = 31.0
    assert not watchdog.check().ok
    assert "unresponsive for 31 s" in str(watchdog.check().body)
    watchdog.beat()
    assert watchdog.check().ok


def test_rejected_ratio_is_the_share_of_symbols_rejected_last(status: ApiStatus) -> None:
    assert status.rejected_ratio() == 0
    status.record("A", Rejected("zero_price"))
    status.record("A", Rejected("zero_price"))
    assert status.rejected_ratio() == 0.5
    status.record("A", QUOTE)
    assert status.rejected_ratio() == 0
