"""Decides whether to publish a quote, from the last publication and its delivery."""

import asyncio
from dataclasses import dataclass

from stockfeed.producer.provider import Identity, Quote
from stockfeed.producer.schedule import Cadence


@dataclass(frozen=True, slots=True)
class Publication:
    """A quote that was published.

    Attributes:
        identity: the quote's identity.
        etag: the quote's ETag; None if it had none.
        at: the time of publication on the monotonic clock, seconds.
        delivery: a future of the delivery report, see `Publisher.publish`.
    """

    identity: Identity
    etag: str | None
    at: float
    delivery: asyncio.Future[bool]

    @property
    def acknowledged(self) -> bool:
        """Whether Kafka acknowledged the quote."""
        return self.delivery.done() and self.delivery.result()

    @property
    def failed(self) -> bool:
        """Whether delivery failed, so that Kafka may not have the quote."""
        return self.delivery.done() and not self.delivery.result()


class LastPublication:
    """The last publication of one symbol, which determines whether to publish the next quote.

    Args:
        cadence: poll and heartbeat intervals. A heartbeat is due now if it would be late at the
            next poll.
    """

    def __init__(self, cadence: Cadence) -> None:
        self._cadence = cadence
        self._last: Publication | None = None

    @property
    def pending(self) -> asyncio.Future[bool] | None:
        """The last publication's delivery while it is unresolved, else None."""
        return None if self._last is None or self._last.delivery.done() else self._last.delivery

    def should_publish(self, quote: Quote, now: float) -> bool:
        """Returns whether to publish a quote.

        An unchanged quote is not published again while it is in flight, or after it was
        acknowledged unless a heartbeat is due. After a failed delivery every quote is published,
        because Kafka may or may not have the last one.
        """
        last = self._last
        if last is None or last.failed or last.identity != quote.identity:
            return True
        return last.acknowledged and self._heartbeat_due(last, now)

    def etag(self, now: float) -> str | None:
        """Returns the ETag for the next poll; None if the API must return the complete quote.

        That is the case until Kafka has acknowledged the last quote, and when a heartbeat is due.
        """
        last = self._last
        if last is None or not last.acknowledged or self._heartbeat_due(last, now):
            return None
        return last.etag

    def record(self, quote: Quote, now: float, delivery: asyncio.Future[bool]) -> None:
        """Records that a quote was published."""
        self._last = Publication(quote.identity, quote.etag, now, delivery)

    def _heartbeat_due(self, last: Publication, now: float) -> bool:
        interval, heartbeat = self._cadence.interval, self._cadence.heartbeat
        return heartbeat is not None and now + interval - last.at > heartbeat
