"""Polls each symbol on its schedule and publishes new quotes."""

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
from stockfeed.producer.schedule import (
    Cadence,
    first_due_times,
    next_due_time,
    rejection_interval,
    retry_delay,
)
from stockfeed.producer.status import ApiStatus

_ACKNOWLEDGEMENT_SECONDS = 1.0
"""How long a symbol waits for its last quote's delivery report before the next poll.

It matters only for shorter poll intervals. The next poll can then send the quote's ETag, and the
API is not polled at full speed while Kafka is down.
"""


class Publisher(Protocol):
    """Publishes events."""

    def publish(self, symbol: str, event: bytes, timestamp_ms: int) -> asyncio.Future[bool]:
        """Queues an event without blocking.

        Args:
            symbol: the event's key.
            event: the event's value.
            timestamp_ms: the poll time, Unix milliseconds.

        Returns:
            A future of the delivery report: True if the event was acknowledged, False if delivery
            failed.
        """
        ...


@dataclass(frozen=True)
class Poller:
    """Polls all symbols of a group.

    Attributes:
        provider: the quote API.
        publisher: publishes the quotes.
        limiter: limits the requests of all symbols together.
        status: records each outcome.
        metrics: the producer's metrics.
        cadence: poll and heartbeat intervals.
        clock: monotonic clock, seconds.
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
        failures = rejections = 0
        while True:
            await asyncio.sleep(max(0.0, due - self.clock()))
            outcome = await self._poll(symbol, last)
            rejections = rejections + 1 if isinstance(outcome, Rejected) else 0
            if isinstance(outcome, Failed | Unauthorized | RateLimited):
                failures += 1
                due = self.clock() + retry_delay(failures, self.cadence.interval)
            elif rejections:
                failures = 0
                interval = rejection_interval(rejections, self.cadence.interval)
                due = next_due_time(due, interval, self.clock())
            else:
                failures = 0
                due = next_due_time(due, self.cadence.interval, self.clock())
            if last.pending is not None:
                await asyncio.wait({last.pending}, timeout=_ACKNOWLEDGEMENT_SECONDS)

    async def _poll(self, symbol: str, last: LastPublication) -> Outcome:
        """Makes one request and publishes its quote if it is new."""
        self.metrics.rate_limit_wait.inc(await self.limiter.acquire())
        started = self.clock()
        result = await self.provider.poll(symbol, last.etag(started))
        self.metrics.poll_latency.observe(self.clock() - started)
        if result.pause > 0:
            self.limiter.pause(result.pause)
        self._count(symbol, result.outcome)
        if isinstance(result.outcome, Quote):
            self._publish(symbol, result.outcome, last)
        return result.outcome

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
        self.metrics.rejected_symbols.set(self.status.rejected_ratio())
