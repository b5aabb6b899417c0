import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockfeed.producer.rate_limiter import RateLimiter, burst
from unit.stockfeed.producer.conftest import Clock, RunVirtually

rates = st.one_of(st.floats(1, 100), st.floats(100, 200_000))
pauses = st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20)), max_size=3)


@given(rates, st.lists(st.floats(0, 5), min_size=2, max_size=60), pauses)
def test_no_window_exceeds_rate_and_burst(
    run_virtually: RunVirtually,
    per_minute: float,
    asks: list[float],
    pauses: list[tuple[float, float]],
) -> None:
    async def main(clock: Clock) -> list[float]:
        limiter = RateLimiter(lambda: per_minute, clock)
        granted: list[float] = []

        async def ask(after: float) -> None:
            await asyncio.sleep(after)
            await limiter.acquire()
            granted.append(clock())

        async def pause(after: float, seconds: float) -> None:
            await asyncio.sleep(after)
            limiter.pause(seconds)

        await asyncio.gather(*map(ask, asks), *(pause(*each) for each in pauses))
        return granted

    times = run_virtually(main)
    assert len(times) == len(asks)
    for first in range(len(times)):
        for last in range(first, len(times)):
            allowed = (times[last] - times[first]) * per_minute / 60 + burst(per_minute)
            assert last - first + 1 <= allowed + 1e-6


def test_at_1800_per_minute_no_second_has_more_than_30(run_virtually: RunVirtually) -> None:
    async def main(clock: Clock) -> list[float]:
        limiter = RateLimiter(lambda: 1800.0, clock)
        times: list[float] = []
        for _ in range(100):
            await limiter.acquire()
            times.append(clock())
        return times

    times = run_virtually(main)
    for start in times:
        assert sum(start <= time < start + 1 - 1e-6 for time in times) <= 30


def test_restart_adds_at_most_one_request(run_virtually: RunVirtually) -> None:
    async def main(clock: Clock) -> list[float]:
        granted: list[float] = []
        for _ in range(3):
            limiter = RateLimiter(lambda: 60.0, clock)
            for _ in range(5):
                await limiter.acquire()
                granted.append(clock())
        return granted

    times = run_virtually(main)
    assert len(times) <= (times[-1] - times[0]) * 60 / 60 + 3 + 1e-6


def test_grants_requests_in_order(run_virtually: RunVirtually) -> None:
    async def main(clock: Clock) -> list[tuple[int, float]]:
        limiter, order = RateLimiter(lambda: 60.0, clock), list[tuple[int, float]]()

        async def ask(number: int) -> None:
            await limiter.acquire()
            order.append((number, round(clock(), 3)))

        await asyncio.gather(*map(ask, range(4)))
        return order

    assert run_virtually(main) == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)]


def test_returns_the_seconds_waited(run_virtually: RunVirtually) -> None:
    async def main(clock: Clock) -> list[float]:
        limiter = RateLimiter(lambda: 30.0, clock)
        return [await limiter.acquire() for _ in range(3)]

    assert run_virtually(main) == pytest.approx([0.0, 2.0, 2.0])


def test_longest_pause_applies_to_all_requests(run_virtually: RunVirtually) -> None:
    async def main(clock: Clock) -> list[float]:
        limiter, times = RateLimiter(lambda: 6000.0, clock), list[float]()
        limiter.pause(30.0)
        limiter.pause(5.0)

        async def ask() -> None:
            await limiter.acquire()
            times.append(clock())

        await asyncio.gather(*(ask() for _ in range(3)))
        return times

    times = run_virtually(main)
    assert times[0] >= 30.0
    assert times[-1] < 30.1


def test_increased_rate_takes_effect_within_a_second(run_virtually: RunVirtually) -> None:
    async def main(clock: Clock) -> float:
        rate = [1.0]
        limiter = RateLimiter(lambda: rate[0], clock)
        await limiter.acquire()
        waiting = asyncio.create_task(limiter.acquire())
        await asyncio.sleep(2.5)
        rate[0] = 6000.0
        await waiting
        return clock()

    assert run_virtually(main) <= 3.6


def test_cancelled_request_does_not_use_a_token(run_virtually: RunVirtually) -> None:
    async def main(clock: Clock) -> list[float]:
        limiter, times = RateLimiter(lambda: 60.0, clock), list[float]()
        await limiter.acquire()
        cancelled = asyncio.create_task(limiter.acquire())
        await asyncio.sleep(0.5)
        cancelled.cancel()
        for _ in range(3):
            await limiter.acquire()
            times.append(clock())
        return times

    times = run_virtually(main)
    assert times[0] == pytest.approx(1.0)
    assert [b - a for a, b in pairwise(times)] == pytest.approx([1.0, 1.0])
