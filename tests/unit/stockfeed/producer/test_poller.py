"""The poller in virtual time, with a provider and a Kafka that do as told."""

import asyncio
from dataclasses import dataclass, field

import pytest

from stockfeed.producer.poller import Poller
from stockfeed.producer.provider import (
    Failed,
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


def quote(price, etag=None):
    return Quote(("A", 1, price), b'{"c":%d}' % price, 1, etag)


@dataclass
class FakeProvider:
    """Gives each outcome once, the last one for ever."""

    clock: object
    outcomes: list
    seconds: float = 0.0
    polls: list = field(default_factory=list)

    async def poll(self, symbol, etag):
        self.polls.append((round(self.clock(), 3), symbol, etag))
        await asyncio.sleep(self.seconds)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        return outcome if isinstance(outcome, PollResult) else PollResult(outcome)


@dataclass
class FakeKafka:
    """Settles each delivery after so many seconds; None is never."""

    delay: float | None = 0.001
    results: list = field(default_factory=list)
    events: list = field(default_factory=list)

    def publish(self, symbol, event, timestamp_ms):
        loop = asyncio.get_running_loop()
        delivery = loop.create_future()
        self.events.append(event)
        result = self.results.pop(0) if self.results else True
        if self.delay is not None:
            loop.call_later(self.delay, delivery.set_result, result)
        return delivery


@pytest.fixture
def poll(run_virtually, metrics):
    """Polls for so many seconds; gives back provider and Kafka."""

    def run(
        outcomes,
        seconds,
        *,
        symbols=("A",),
        interval=6.0,
        heartbeat=None,
        kafka=None,
        takes=0.0,
        per_minute=6e6,
    ):
        kafka = kafka or FakeKafka()

        async def main(clock):
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


def value(counter):
    return counter.collect()[0].samples[0].value


def test_polls_keep_their_grid_however_long_they_take(poll):
    provider, _ = poll([Unchanged()], 20.0, takes=2.5)
    assert [time for time, _, _ in provider.polls] == [0.0, 6.0, 12.0, 18.0]


def test_symbols_do_not_poll_all_at_once(poll):
    provider, _ = poll([Unchanged()], 5.9, symbols=("A", "B", "C"))
    assert [poll[:2] for poll in provider.polls] == [(0.0, "A"), (2.0, "B"), (4.0, "C")]


def test_an_unchanged_quote_is_published_once(poll, metrics):
    _, kafka = poll([quote(1), quote(1), quote(2), quote(2)], 30.0)
    assert kafka.events == [b'{"c":1}', b'{"c":2}']
    assert value(metrics.suppressed) == 3


def test_a_heartbeat_repeats_an_unchanged_quote(poll):
    provider, kafka = poll([quote(1, "one")], 61.0, heartbeat=30.0)
    assert len(kafka.events) == 3
    # The repeated quote is asked for without its ETag, so that the API gives it.
    etags = [etag for _, _, etag in provider.polls]
    assert etags == [None, "one", "one", "one", "one", None, "one", "one", "one", "one", None]


def test_a_failed_delivery_is_published_anew_by_the_next_poll(poll):
    provider, kafka = poll([quote(1, "one")], 13.0, kafka=FakeKafka(results=[False]))
    assert kafka.events == [b'{"c":1}', b'{"c":1}']
    assert [etag for _, _, etag in provider.polls] == [None, None, "one"]


def test_a_quote_in_flight_is_not_published_again_and_polling_goes_on(poll):
    provider, kafka = poll([quote(1, "one")], 29.0, kafka=FakeKafka(delay=None))
    assert kafka.events == [b'{"c":1}']
    assert [poll[0] for poll in provider.polls] == [0.0, 6.0, 12.0, 18.0, 24.0]
    assert {etag for _, _, etag in provider.polls} == {None}


def test_a_short_interval_waits_for_the_acknowledgement_up_to_a_second(poll):
    quick = FakeKafka(delay=0.2)
    provider, _ = poll([quote(1, "one")], 0.2005, interval=0.001, kafka=quick)
    assert [poll[2] for poll in provider.polls] == [None, "one"]
    provider, _ = poll([quote(1, "one")], 1.0, interval=0.001, kafka=FakeKafka(delay=None))
    assert len(provider.polls) == 1
    provider, _ = poll([quote(1, "one")], 3.5, interval=0.001, kafka=FakeKafka(delay=None))
    assert [round(poll[0], 1) for poll in provider.polls] == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("bad", [Failed("boom"), Unauthorized("no"), RateLimited("429")])
def test_failures_are_retried_soon_and_ever_slower(poll, metrics, bad):
    provider, _ = poll([bad], 300.0)
    times = [poll[0] for poll in provider.polls]
    assert times[1] <= 0.5
    assert times[-1] - times[-2] >= 15.0
    assert metrics.polls.labels(bad.label)._value.get() == len(times)


def test_after_a_failure_the_interval_holds_again(poll):
    provider, _ = poll([Failed("boom"), Failed("boom"), Unchanged()], 20.0)
    times = [poll[0] for poll in provider.polls]
    assert times[2] < 2.0
    assert times[3] - times[2] == pytest.approx(6.0, abs=0.01)


def test_rejections_are_counted_by_reason_and_polled_on_schedule(poll, metrics):
    provider, kafka = poll([Rejected("zero_price")], 13.0)
    assert kafka.events == []
    assert len(provider.polls) == 3
    assert metrics.rejected.labels("zero_price")._value.get() == 3


def test_a_pause_holds_all_symbols(poll):
    limited = PollResult(RateLimited("429"), 30.0)
    provider, _ = poll([limited, Unchanged()], 40.0, symbols=("A", "B", "C"))
    assert provider.polls[0][0] == 0.0
    assert all(poll[0] >= 30.0 for poll in provider.polls[1:])
    assert {poll[1] for poll in provider.polls[1:]} == {"A", "B", "C"}


def test_the_budget_limits_all_symbols_together(poll, metrics):
    provider, _ = poll([Unchanged()], 59.9, symbols=("A", "B", "C"), per_minute=10.0)
    assert len(provider.polls) == 10
    assert value(metrics.rate_limit_wait) > 0


def test_the_newest_quote_time_is_shown(poll, metrics):
    poll([quote(1)], 1.0)
    assert metrics.last_quote_timestamp.labels("A")._value.get() == 1
