"""State of an assigned partition: its buffer, the batch in flight, and when to cut the next."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace

from stockfeed.consumer.batch import Batch, Buffer, lost_batch
from stockfeed.consumer.lander import Landed
from stockfeed.consumer.lines import LineEncoder
from stockfeed.consumer.start import Start
from stockfeed.consumer.topic import Record
from stockfeed.contract.objects import Chain
from stockfeed.errors import DataError, StockfeedError

_FIRST_RETRY_SECONDS = 0.5
_MAX_RETRY_SECONDS = 30.0

Land = Callable[[Chain, Batch], Landed]


@dataclass(frozen=True, slots=True)
class Rotation:
    """Thresholds at which a batch is cut; the first one reached counts.

    Attributes:
        records: buffered messages. Not an upper limit: a consumer that lags reads more while the
            previous batch is in flight, and lands them as one object to catch up.
        bytes: buffered bytes, uncompressed; also the maximum size of a batch.
        interval: seconds since the batch's first message was read.
    """

    records: int
    bytes: int
    interval: float


@dataclass(slots=True)
class _InFlight:
    """The batch that is being landed, and its retry state.

    Attributes:
        batch: the batch.
        future: the running attempt; None between attempts.
        retry_at: earliest time of the next attempt, on the monotonic clock.
        backoff: seconds to wait after the next failure.
    """

    batch: Batch
    future: "Future[Landed] | None"
    retry_at: float = 0.0
    backoff: float = _FIRST_RETRY_SECONDS


class Partition:
    """A partition assigned to this consumer.

    At most one batch is in flight, so a partition's objects are created in order.

    Args:
        chain: identity of the partition's objects.
        topic: the topic's name, written into each line.
        start: where the chain continues.
        rotation: thresholds for cutting a batch.

    Attributes:
        fault: why the partition is stopped until someone intervenes; None if it is not.
        last_error: why the latest attempt to land failed; None if it succeeded.
        failures: number of failed attempts.
        paused: whether fetching is paused.
    """

    def __init__(self, chain: Chain, topic: str, start: Start, rotation: Rotation) -> None:
        self.chain = chain
        self.fault: str | None = None
        self.last_error: str | None = None
        self.failures = 0
        self.paused = False
        self._encode = LineEncoder(topic, chain.partition).encode
        self._buffer = Buffer(start.read_from)
        self._previous = start.previous
        self._rotation = rotation
        self._opened_at = 0.0
        self._in_flight = None if start.lost is None else _InFlight(start.lost, None)

    @property
    def next_offset(self) -> int:
        """The first offset not confirmed as landed."""
        return self._buffer.start if self._in_flight is None else self._in_flight.batch.start

    @property
    def buffered(self) -> int:
        """Number of messages read but not confirmed as landed."""
        return len(self._buffer) + (
            0 if self._in_flight is None else len(self._in_flight.batch.lines)
        )

    @property
    def drained(self) -> bool:
        """Whether everything that was read is landed."""
        return self._in_flight is None and not len(self._buffer)

    @property
    def full(self) -> bool:
        """Whether the buffer holds a batch of maximum size, so that fetching should pause."""
        return self._buffer.size >= self._rotation.bytes

    @property
    def pending_put(self) -> "Future[Landed] | None":
        """The running attempt, for waiting; None if there is none."""
        return None if self._in_flight is None else self._in_flight.future

    def read(self, records: Iterable[Record], now: float) -> int:
        """Buffers messages and returns the number of error lines among them.

        Args:
            records: the partition's messages, in offset order.
            now: the current time on the monotonic clock, seconds.
        """
        if not len(self._buffer):
            self._opened_at = now
        return self._buffer.extend(records, self._encode)

    def due(self, now: float) -> bool:
        """Returns whether a batch should be cut at time `now`."""
        many = len(self._buffer) >= self._rotation.records
        aged = len(self._buffer) > 0 and now - self._opened_at >= self._rotation.interval
        return many or aged or self.full

    def submit(self, land: Land, executor: Executor, now: float, *, cut: bool) -> None:
        """Starts landing a batch: the failed one once its backoff is over, or a new one.

        Args:
            land: lands a batch.
            executor: runs `land`.
            now: the current time on the monotonic clock, seconds.
            cut: whether to cut a new batch if none is in flight.
        """
        in_flight = self._in_flight
        if in_flight is None and cut and len(self._buffer):
            batch = replace(self._buffer.cut(self._rotation.bytes), previous=self._previous)
            self._opened_at = now
            in_flight = self._in_flight = _InFlight(batch, None)
        if in_flight is not None and in_flight.future is None and now >= in_flight.retry_at:
            in_flight.future = executor.submit(land, self.chain, in_flight.batch)

    def collect_result(self, now: float) -> tuple[Batch, Landed] | None:
        """Processes the attempt in flight, if it has finished.

        A failure schedules a retry of the same batch, with exponential backoff. A DataError sets
        `fault` and stops the partition.

        Returns:
            The batch and its result if it was landed, else None.
        """
        in_flight = self._in_flight
        if in_flight is None or in_flight.future is None or not in_flight.future.done():
            return None
        try:
            landed = in_flight.future.result()
        except DataError as error:
            self.fault = str(error)
            return None
        except StockfeedError as error:
            self.last_error = str(error)
            self.failures += 1
            in_flight.future = None
            in_flight.retry_at = now + in_flight.backoff
            in_flight.backoff = min(in_flight.backoff * 2, _MAX_RETRY_SECONDS)
            return None
        self._advance(in_flight.batch, landed.end)
        return in_flight.batch, landed

    def _advance(self, batch: Batch, end: int) -> None:
        self._in_flight = None
        self.last_error = None
        self._previous = batch.start
        # The landed end differs from the batch's if another consumer landed a shorter or longer
        # interval from the same start.
        if end < batch.end and batch.lost:
            self._in_flight = _InFlight(lost_batch(end + 1, batch.end + 1, batch.start), None)
        elif end < batch.end:
            self._buffer.put_back(batch)
            self._buffer.skip_to(end + 1)
        elif end > batch.end:
            self._buffer.skip_to(end + 1)
