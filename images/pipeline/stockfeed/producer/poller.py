"""Polls each symbol on its schedule and publishes what is news."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from stockfeed.metrics import ProducerMetrics
from stockfeed.producer.provider import (
    Failed,
    Outcome,
    Provider,
    Quote,
    RateLimited,
    Rejected,
    Unauthorized,
)
from stockfeed.producer.publication import LastPublication
from stockfeed.producer.rate_limiter import RateLimiter
from stockfeed.producer.schedule import Cadence, first_due_times, next_due_time, retry_delay
from stockfeed.producer.status import ApiStatus

_ACKNOWLEDGEMENT_SECONDS = 1.0
"""A symbol whose interval is shorter waits up to so long for Kafka's word on its last quote.

So its ETag goes out with the next poll, and an absent Kafka does not make the API be asked for
nothing at full speed.
"""


class Publisher(Protocol):
    """Where quotes go."""

    def publish(self, symbol: str, event: bytes, timestamp_ms: int) -> asyncio.Future[bool]:
        """Hands an event over without blocking.

        Returns:
            Resolves to True when the event is acknowledged, to False when it will not be.
        """
        ...


@dataclass(frozen=True)
class Poller:
    """All symbols of a group.

    Attributes:
        provider: who is asked.
        publisher: where news goes.
        limiter: what each request is taken from.
        status: is told each outcome.
        metrics: likewise.
        cadence: poll and heartbeat intervals.
        clock: monotonic seconds.
    """

    provider: Provider
    publisher: Publisher
    limiter: RateLimiter
    status: ApiStatus
    metrics: ProducerMetrics
    cadence: Cadence
    clock: Callable[[], float] = time.monotonic

    async def run(self, symbols: Sequence[str]) -> None:
        """Polls until cancelled."""
        due_times = first_due_times(len(symbols), self.cadence.interval, self.clock())
        async with asyncio.TaskGroup() as tasks:
            for symbol, due in zip(symbols, due_times, strict=True):
                tasks.create_task(self._poll_forever(symbol, due), name=symbol)

    async def _poll_forever(self, symbol: str, due: float) -> None:
        last = LastPublication(self.cadence)
        failures = 0
        while True:
            await asyncio.sleep(max(0.0, due - self.clock()))
            outcome = await self._poll(symbol, last)
            if isinstance(outcome, Failed | Unauthorized | RateLimited):
                failures += 1
                due = self.clock() + retry_delay(failures, self.cadence.interval)
            else:
                failures = 0
                due = next_due_time(due, self.cadence.interval, self.clock())
            if last.pending is not None:
                await asyncio.wait({last.pending}, timeout=_ACKNOWLEDGEMENT_SECONDS)

    async def _poll(self, symbol: str, last: LastPublication) -> Outcome:
        """Makes one request and publishes its quote if that is news."""
        self.metrics.rate_limit_wait.inc(await self.limiter.acquire())
        started = self.clock()
        answer = await self.provider.poll(symbol, last.etag(started))
        self.metrics.poll_latency.observe(self.clock() - started)
        if answer.pause > 0:
            self.limiter.pause(answer.pause)
        self._count(symbol, answer.outcome)
        if isinstance(answer.outcome, Quote):
            self._publish(symbol, answer.outcome, last)
        return answer.outcome

    def _publish(self, symbol: str, quote: Quote, last: LastPublication) -> None:
        self.metrics.last_quote_timestamp.labels(symbol).set(quote.time)
        if not last.should_publish(quote, self.clock()):
            self.metrics.suppressed.inc()
            return
        delivery = self.publisher.publish(symbol, quote.event, time.time_ns() // 1_000_000)
        last.record(quote, self.clock(), delivery)

    def _count(self, symbol: str, outcome: Outcome) -> None:
        self.metrics.polls.labels(outcome.label).inc()
        if isinstance(outcome, Rejected):
            self.metrics.rejected.labels(outcome.reason).inc()
        self.status.record(symbol, outcome)
