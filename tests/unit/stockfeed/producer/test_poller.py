"""Tests of the poller in virtual time, with a scripted provider and a fake Kafka."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pytest
from prometheus_client import Counter

from stockfeed.metrics import ProducerMetrics
from stockfeed.producer.poller import Poller
from stockfeed.producer.provider import (
    Failed,
    Outcome,
    PollResult,
    Quote,
    RateLimited,
    Rejected,
    Unauthorized,
    Unchanged,
)
from stockfeed.producer.rate_limiter import RateLimiter
from stockfeed.producer.schedule import Cadence
from stockfeed.producer.status import ApiStatus
from unit.stockfeed.producer.conftest import Clock, RunVirtually


def quote(price: int, etag: str | None = None) -> Quote:
    return Quote(("A", 1, price), b'{"c":%d}' % price, 1, etag)


@dataclass
class FakeProvider:
    """Returns each outcome once and then repeats the last; records the polls."""

    clock: Clock
    outcomes: list[Outcome | PollResult]
    seconds: float = 0.0
    polls: list[tuple[float, str, str | None]] = field(default_factory=list)

    async def poll(self, symbol: str, etag: str | None) -> PollResult:
        self.polls.append((round(self.clock(), 3), symbol, etag))
        await asyncio.sleep(self.seconds)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        return outcome if isinstance(outcome, PollResult) else PollResult(outcome)


@dataclass
class FakeKafka:
    """Completes each delivery after `delay` seconds; never if it is None."""

    delay: float | None = 0.001
    results: list[bool] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)

    def publish(self, symbol: str, event: bytes, timestamp_ms: int) -> asyncio.Future[bool]:
        loop = asyncio.get_running_loop()
        delivery = loop.create_future()
        self.events.append(event)
        result = self.results.pop(0) if self.results else True
        if self.delay is not None:
            loop.call_later(self.delay, delivery.set_result, result)
        return delivery


class Poll(Protocol):
    """Polls for the given seconds and returns the provider and Kafka."""

    def __call__(
        self,
        outcomes: Sequence[Outcome | PollResult],
        seconds: float,
        *,
        symbols: Sequence[str] = ...,
        interval: float = ...,
        heartbeat: float | None = ...,
        kafka: FakeKafka | None = ...,
        takes: float = ...,
        per_minute: float = ...,
    ) -> tuple[FakeProvider, FakeKafka]: ...


@pytest.fixture
def poll(run_virtually: RunVirtually, metrics: ProducerMetrics) -> Poll:
    """Polls for the given seconds and returns the provider and Kafka."""

    def run(
        outcomes: Sequence[Outcome | PollResult],
        seconds: float,
        *,
        symbols: Sequence[str] = ("A",),
        interval: float = 6.0,
        heartbeat: float | None = None,
        kafka: FakeKafka | None = None,
        takes: float = 0.0,
        per_minute: float = 6e6,
    ) -> tuple[FakeProvider, FakeKafka]:
        kafka = kafka or FakeKafka()

        async def main(clock: Clock) -> tuple[FakeProvider, FakeKafka]:
            provider = FakeProvider(clock, list(outcomes), takes)
            limiter = RateLimiter(lambda: per_minute, clock)
            status = ApiStatus(symbols, 60.0, clock)
            poller = Poller(
                provider, kafka, limiter, status, metrics, Cadence(interval, heartbeat), clock
            )
            running = asyncio.create_task(poller.run(symbols))
            await asyncio.sleep(seconds)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            return provider, kafka

        return run_virtually(main)

    return run


def value(counter: Counter) -> float:
    (metric,) = counter.collect()
    return float(metric.samples[0].value)


def test_slow_polls_stay_on_the_time_grid(poll: Poll) -> None:
    provider, _ = poll([Unchanged()], 20.0, takes=2.5)
    assert [time for time, _, _ in provider.polls] == [0.0, 6.0, 12.0, 18.0]


def test_spreads_symbols_over_the_interval(poll: Poll) -> None:
    provider, _ = poll([Unchanged()], 5.9, symbols=("A", "B", "C"))
    assert [poll[:2] for poll in provider.polls] == [(0.0, "A"), (2.0, "B"), (4.0, "C")]


def test_publishes_an_unchanged_quote_once(poll: Poll, metrics: ProducerMetrics) -> None:
    _, kafka = poll([quote(1), quote(1), quote(2), quote(2)], 30.0)
    assert kafka.events == [b'{"c":1}', b'{"c":2}']
    assert value(metrics.suppressed) == 3


def test_heartbeat_publishes_an_unchanged_quote_again(poll: Poll) -> None:
    provider, kafka = poll([quote(1, "one")], 61.0, heartbeat=30.0)
    assert len(kafka.events) == 3
    # A due heartbeat is polled without an ETag, so that the API returns the complete quote.
    etags = [etag for _, _, etag in provider.polls]
    assert etags == [None, "one", "one", "one", "one", None, "one", "one", "one", "one", None]


def test_publishes_again_after_a_failed_delivery(poll: Poll) -> None:
    provider, kafka = poll([quote(1, "one")], 13.0, kafka=FakeKafka(results=[False]))
    assert kafka.events == [b'{"c":1}', b'{"c":1}']
    assert [etag for _, _, etag in provider.polls] == [None, None, "one"]


def test_keeps_polling_without_publishing_while_a_quote_is_in_flight(poll: Poll) -> None:
    provider, kafka = poll([quote(1, "one")], 29.0, kafka=FakeKafka(delay=None))
    assert kafka.events == [b'{"c":1}']
    assert [poll[0] for poll in provider.polls] == [0.0, 6.0, 12.0, 18.0, 24.0]
    assert {etag for _, _, etag in provider.polls} == {None}


def test_short_interval_waits_up_to_a_second_for_the_delivery_report(poll: Poll) -> None:
    quick = FakeKafka(delay=0.2)
    provider, _ = poll([quote(1, "one")], 0.2005, interval=0.001, kafka=quick)
    assert [poll[2] for poll in provider.polls] == [None, "one"]
    provider, _ = poll([quote(1, "one")], 1.0, interval=0.001, kafka=FakeKafka(delay=None))
    assert len(provider.polls) == 1
    provider, _ = poll([quote(1, "one")], 3.5, interval=0.001, kafka=FakeKafka(delay=None))
    assert [round(poll[0], 1) for poll in provider.polls] == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("bad", [Failed("boom"), Unauthorized("no"), RateLimited("429")])
def test_retries_failures_with_backoff(
    poll: Poll, metrics: ProducerMetrics, bad: Failed | Unauthorized | RateLimited
) -> None:
    provider, _ = poll([bad], 300.0)
    times = [poll[0] for poll in provider.polls]
    assert times[1] <= 0.5
    assert times[-1] - times[-2] >= 15.0
    assert metrics.polls.labels(bad.label)._value.get() == len(times)


def test_returns_to_the_interval_after_a_failure(poll: Poll) -> None:
    provider, _ = poll([Failed("boom"), Failed("boom"), Unchanged()], 20.0)
    times = [poll[0] for poll in provider.polls]
    assert times[2] < 2.0
    assert times[3] - times[2] == pytest.approx(6.0, abs=0.01)


def test_counts_rejections_by_reason(poll: Poll, metrics: ProducerMetrics) -> None:
    provider, kafka = poll([Rejected("zero_price")], 7.0)
    assert kafka.events == []
    assert len(provider.polls) == 2
    assert metrics.rejected.labels("zero_price")._value.get() == 2


def test_rejections_double_the_interval_up_to_eight_and_stay_on_the_time_grid(poll: Poll) -> None:
    provider, _ = poll([Rejected("zero_price")] * 6 + [quote(1)], 203.0)
    times = [poll[0] for poll in provider.polls]
    assert times == [0.0, 6.0, 18.0, 42.0, 90.0, 138.0, 186.0, 192.0, 198.0]


def test_pause_applies_to_all_symbols(poll: Poll) -> None:
    limited = PollResult(RateLimited("429"), 30.0)
    provider, _ = poll([limited, Unchanged()], 40.0, symbols=("A", "B", "C"))
    assert provider.polls[0][0] == 0.0
    assert all(poll[0] >= 30.0 for poll in provider.polls[1:])
    assert {poll[1] for poll in provider.polls[1:]} == {"A", "B", "C"}


def test_rate_limit_is_shared_by_all_symbols(poll: Poll, metrics: ProducerMetrics) -> None:
    provider, _ = poll([Unchanged()], 59.9, symbols=("A", "B", "C"), per_minute=10.0)
    assert len(provider.polls) == 10
    assert value(metrics.rate_limit_wait) > 0


def test_exports_the_market_time_of_the_newest_quote(poll: Poll, metrics: ProducerMetrics) -> None:
    poll([quote(1)], 1.0)
    assert metrics.last_quote_timestamp.labels("A")._value.get() == 1
