import pytest

from stockfeed_local.quotes.ratelimit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_without_limits_all_requests_pass_without_headers(clock: Clock) -> None:
    limit = RateLimit(clock=clock)

    decisions = [limit.take("t") for _ in range(1_000)]

    assert all(decision.allowed and not decision.headers for decision in decisions)


def test_minute_limit_counts_down_and_rejects_with_reset_time(clock: Clock) -> None:
    limit = RateLimit(per_minute=2, clock=clock)

    decisions = [limit.take("t") for _ in range(3)]

    assert [decision.allowed for decision in decisions] == [True, True, False]
    assert [d.headers["X-Ratelimit-Remaining"] for d in decisions] == ["1", "0", "0"]
    assert {d.headers["X-Ratelimit-Limit"] for d in decisions} == {"2"}
    assert {d.headers["X-Ratelimit-Reset"] for d in decisions} == {"1060"}


def test_limit_is_restored_at_reset_time(clock: Clock) -> None:
    limit = RateLimit(per_minute=1, clock=clock)
    limit.take("t")
    assert not limit.take("t").allowed

    clock.now += 60

    assert limit.take("t").allowed


def test_each_token_has_its_own_limit(clock: Clock) -> None:
    limit = RateLimit(per_minute=1, clock=clock)
    limit.take("one")

    assert limit.take("two").allowed


def test_second_limit_rejects_until_the_next_second(clock: Clock) -> None:
    limit = RateLimit(per_minute=60, per_second=2, clock=clock)
    limit.take("t")
    limit.take("t")

    refused = limit.take("t")

    assert not refused.allowed
    assert refused.headers["X-Ratelimit-Reset"] == "1001"
    clock.now += 1
    passed = limit.take("t")
    assert passed.allowed
    assert passed.headers["X-Ratelimit-Remaining"] == "57"
