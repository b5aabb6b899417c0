"""One assigned partition: its open buffer, the one batch under way, and when to cut the next."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

from stockfeed.consumer.batch import Batch, Buffer, lost_batch
from stockfeed.consumer.lander import Landed
from stockfeed.consumer.lines import LineEncoder
from stockfeed.consumer.start import Start
from stockfeed.consumer.topic import Record
from stockfeed.contract.objects import Chain
from stockfeed.errors import DataError, StockfeedError

_FIRST_RETRY_SECONDS = 0.5
_LAST_RETRY_SECONDS = 30.0

Land = Callable[[Chain, Batch], Landed]


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a batch is cut.

    Attributes:
        records: as soon as so many are read. A consumer that is behind has read more by the time
            the batch before is landed; they go into one object, so that it catches up.
        bytes: as soon as so many are read, uncompressed; no batch is larger.
        interval: when its first message was read so many seconds ago.
    """

    records: int
    bytes: int
    interval: float


@dataclass(slots=True)
class _InFlight:
    """The batch under way and its tries."""

    batch: Batch
    future: "Future[Landed] | None"
    retry_at: float = 0.0
    pause: float = field(default=_FIRST_RETRY_SECONDS)


class Partition:
    """What one owner knows of one partition.

    Args:
        chain: the partition's objects.
        topic: the topic's name, for the lines.
        start: where the chain goes on.
        rotation: when to cut.

    Attributes:
        fault: why the partition stopped for good, or None.
        last_error: why the last try to land failed, or None.
        failures: how many tries failed.
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
        """The first offset that is not known to be landed."""
        return self._buffer.start if self._in_flight is None else self._in_flight.batch.start

    @property
    def buffered(self) -> int:
        """Messages read and not known to be landed."""
        return len(self._buffer) + (
            0 if self._in_flight is None else len(self._in_flight.batch.lines)
        )

    @property
    def drained(self) -> bool:
        """Whether everything read is landed."""
        return self._in_flight is None and not len(self._buffer)

    @property
    def full(self) -> bool:
        """Whether the largest batch waits behind the one under way."""
        return self._buffer.size >= self._rotation.bytes

    @property
    def pending_put(self) -> "Future[Landed] | None":
        """The put under way, to wait for."""
        return None if self._in_flight is None else self._in_flight.future

    def read(self, records: Iterable[Record], now: float) -> int:
        """Adds messages; returns how many of them are error lines."""
        if not len(self._buffer):
            self._opened_at = now
        return self._buffer.extend(records, self._encode)

    def due(self, now: float) -> bool:
        """Whether the open buffer should be cut now."""
        many = len(self._buffer) >= self._rotation.records
        aged = len(self._buffer) > 0 and now - self._opened_at >= self._rotation.interval
        return many or aged or self.full

    def submit(self, land: Land, executor: Executor, now: float, *, cut: bool) -> None:
        """Starts landing: the batch that failed once its pause is over, else a new one.

        Args:
            land: does the work.
            executor: runs it.
            now: the clock, seconds.
            cut: whether to cut a new batch when none is under way.
        """
        in_flight = self._in_flight
        if in_flight is None and cut and len(self._buffer):
            batch = replace(self._buffer.cut(self._rotation.bytes), previous=self._previous)
            self._opened_at = now
            in_flight = self._in_flight = _InFlight(batch, None)
        if in_flight is not None and in_flight.future is None and now >= in_flight.retry_at:
            in_flight.future = executor.submit(land, self.chain, in_flight.batch)

    def collect_result(self, now: float) -> tuple[Batch, Landed] | None:
        """Takes the result of the put under way, if there is one.

        Returns:
            The batch and what became of it, or None. After a failure the same batch is landed
            again after a pause; after a DataError the partition is at fault and stops.
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
            in_flight.retry_at = now + in_flight.pause
            in_flight.pause = min(in_flight.pause * 2, _LAST_RETRY_SECONDS)
            return None
        self._advance(in_flight.batch, landed.end)
        return in_flight.batch, landed

    def _advance(self, batch: Batch, end: int) -> None:
        self._in_flight = None
        self.last_error = None
        self._previous = batch.start
        if end < batch.end and batch.lost:
            self._in_flight = _InFlight(lost_batch(end + 1, batch.end + 1, batch.start), None)
        elif end < batch.end:
            self._buffer.put_back(batch)
            self._buffer.skip_to(end + 1)
        elif end > batch.end:
            self._buffer.skip_to(end + 1)
