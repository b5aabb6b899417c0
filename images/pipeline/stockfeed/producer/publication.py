"""Which quotes are news: what was published last, and whether Kafka has it."""

import asyncio
from dataclasses import dataclass

from stockfeed.producer.provider import Identity, Quote
from stockfeed.producer.schedule import Cadence


@dataclass(frozen=True, slots=True)
class Publication:
    """A quote handed to Kafka.

    Attributes:
        identity: the quote's.
        etag: the quote's.
        at: when, in monotonic seconds.
        delivery: resolves to True when Kafka acknowledged it, to False when it will not.
    """

    identity: Identity
    etag: str | None
    at: float
    delivery: asyncio.Future[bool]

    @property
    def acknowledged(self) -> bool:
        """Kafka has it."""
        return self.delivery.done() and self.delivery.result()

    @property
    def failed(self) -> bool:
        """Kafka may not have it."""
        return self.delivery.done() and not self.delivery.result()


class LastPublication:
    """Decides for one symbol what is published.

    Args:
        cadence: a heartbeat that would be late by the next poll is due now.
    """

    def __init__(self, cadence: Cadence) -> None:
        self._cadence = cadence
        self._last: Publication | None = None

    @property
    def pending(self) -> asyncio.Future[bool] | None:
        """The last publication's delivery, while nobody knows whether Kafka has it."""
        return None if self._last is None or self._last.delivery.done() else self._last.delivery

    def should_publish(self, quote: Quote, now: float) -> bool:
        """Whether a quote is to be published.

        Not when it is the last one published and that is acknowledged or in flight. After a failed
        delivery everything is news: Kafka may or may not have it.
        """
        last = self._last
        if last is None or last.failed or last.identity != quote.identity:
            return True
        return last.acknowledged and self._heartbeat_due(last, now)

    def etag(self, now: float) -> str | None:
        """The ETag to send: only of a quote that Kafka has, and not when its repetition is due."""
        last = self._last
        if last is None or not last.acknowledged or self._heartbeat_due(last, now):
            return None
        return last.etag

    def record(self, quote: Quote, now: float, delivery: asyncio.Future[bool]) -> None:
        """Notes that a quote was handed to Kafka."""
        self._last = Publication(quote.identity, quote.etag, now, delivery)

    def _heartbeat_due(self, last: Publication, now: float) -> bool:
        interval, heartbeat = self._cadence.interval, self._cadence.heartbeat
        return heartbeat is not None and now + interval - last.at > heartbeat
