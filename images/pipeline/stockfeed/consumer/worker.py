"""Lands the partitions assigned to this consumer.

All calls come from a single thread. Only the puts run on other threads, at most one per partition.
The topic and the clock are parameters, so that tests can simulate both.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, wait
from dataclasses import dataclass

import structlog

from stockfeed.consumer.batch import Batch
from stockfeed.consumer.lander import Landed, Lander
from stockfeed.consumer.partition import Partition, Rotation
from stockfeed.consumer.start import Start, find_start
from stockfeed.consumer.topic import Commit, Record, Topic
from stockfeed.contract.objects import Chain
from stockfeed.errors import DataError, TransientError
from stockfeed.metrics import ConsumerMetrics
from stockfeed.objectstore import ObjectStore

_log = structlog.get_logger(__name__)

_DRAIN_TICK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """Names that identify the landed data, and the batch limits.

    Attributes:
        feed: the feed's name, part of every object key.
        group: the symbol group's name, part of every object key.
        topic: the Kafka topic's name, written into every line.
        rotation: when a batch is cut.
        managed: whether the operator created the topic for this feed, see `find_start`.
    """

    feed: str
    group: str
    topic: str
    rotation: Rotation
    managed: bool = False


class Worker:
    """Buffers messages by partition, lands them as batches, and commits the landed offsets.

    Args:
        config: names and batch limits.
        topic: the Kafka topic.
        store: the bucket.
        lander: lands one batch.
        executor: runs the puts.
        metrics: the consumer's counters and gauges.
        clock: monotonic clock, seconds.

    Attributes:
        partitions: assigned partitions by number, including stopped ones.
    """

    def __init__(
        self,
        config: WorkerConfig,
        topic: Topic,
        store: ObjectStore,
        lander: Lander,
        executor: Executor,
        metrics: ConsumerMetrics,
        clock: Callable[[], float],
    ) -> None:
        self.partitions: dict[int, Partition] = {}
        self._config = config
        self._topic = topic
        self._store = store
        self._lander = lander
        self._executor = executor
        self._metrics = metrics
        self._clock = clock

    def assign(self, numbers: Iterable[int]) -> dict[int, int]:
        """Opens newly assigned partitions and returns the offset to read from for each.

        Raises:
            TransientError: the bucket or the broker did not respond; no partition was opened.
        """
        topic_id = self._topic.topic_id()
        opened = {number: self._open_partition(number, topic_id) for number in numbers}
        self.partitions.update({number: partition for number, (partition, _) in opened.items()})
        self._metrics.partition_faults.set(len(self.faults))  # includes faults found on opening
        return {number: read_from for number, (_, read_from) in opened.items()}

    def _open_partition(self, number: int, topic_id: str) -> tuple[Partition, int]:
        chain = Chain(self._config.feed, self._config.group, topic_id, number)
        bounds = self._topic.bounds(number)
        commit = self._topic.committed(number)
        fault = None
        try:
            start = find_start(self._store, chain, commit, bounds, managed=self._config.managed)
        except DataError as error:
            # Nothing will be landed, but the start is needed to measure the lag.
            low, high = bounds
            start, fault = Start(low if commit is None else min(commit.offset, high)), str(error)
        partition = Partition(chain, self._config.topic, start, self._config.rotation)
        if fault is not None:
            self._stop(partition, fault)
        _log.info("partition assigned", partition=number, offset=start.offset, fault=fault)
        return partition, start.read_from

    def step(self, records: Sequence[Record]) -> None:
        """Buffers messages, processes finished puts, starts new ones, and applies backpressure."""
        self._read(records)
        for number, partition in self.partitions.items():
            if partition.fault is None:
                self._step_partition(partition, cut=partition.due(self._clock()), wait_commit=False)
            self._throttle(number, partition)

    def _read(self, records: Sequence[Record]) -> None:
        by_partition: dict[int, list[Record]] = defaultdict(list)
        for record in records:
            by_partition[record.partition()].append(record)
        now = self._clock()
        for number, read in by_partition.items():
            partition = self.partitions.get(number)
            # Messages of a revoked or stopped partition may still be queued in the client.
            if partition is not None and partition.fault is None:
                self._metrics.error_lines.inc(partition.read(read, now))
        self._metrics.consumed.inc(len(records))

    def _step_partition(self, partition: Partition, *, cut: bool, wait_commit: bool) -> None:
        """Processes the finished put and starts the next one, if there are any."""
        failures, last_error = partition.failures, partition.last_error
        result = partition.collect_result(self._clock())
        if result is not None:
            self._record_landed(partition, *result, wait=wait_commit)
        elif partition.fault is not None:
            self._stop(partition, partition.fault)
            return
        elif partition.failures > failures:
            self._record_failure(partition, last_error)
        partition.submit(self._lander.land, self._executor, self._clock(), cut=cut)

    def _record_failure(self, partition: Partition, previous_error: str | None) -> None:
        self._metrics.flush_failures.inc()
        if partition.last_error != previous_error:
            _log.warning("landing failed, retrying", error=partition.last_error)

    def _record_landed(
        self, partition: Partition, batch: Batch, landed: Landed, *, wait: bool
    ) -> None:
        metrics = self._metrics
        metrics.flush_latency.observe(landed.seconds)
        if landed.created:
            metrics.objects.inc()
            metrics.bytes.inc(landed.size)
            metrics.landed.inc(len(batch.lines))
            metrics.lost_offsets.inc(batch.lost)
            if batch.timestamps:
                newest = metrics.newest_landed.labels(str(partition.chain.partition))
                newest.set(batch.timestamps[-1] / 1000)
        else:
            metrics.conflicts.inc()
        if batch.lost and landed.created:
            _log.error("offsets lost to retention", key=landed.key, lost=batch.lost)
        _log.debug("landed", key=landed.key, end=landed.end, created=landed.created)
        self._topic.commit(partition.chain.partition, Commit(landed.end + 1, landed.key), wait=wait)

    def _throttle(self, number: int, partition: Partition) -> None:
        full = partition.full or partition.fault is not None
        if full and not partition.paused:
            self._topic.pause(number)
        elif partition.paused and not full:
            self._topic.resume(number)
        partition.paused = full

    def _stop(self, partition: Partition, fault: str) -> None:
        partition.fault = fault
        self._metrics.partition_faults.set(len(self.faults))
        _log.error("partition stopped", partition=partition.chain.partition, error=fault)

    @property
    def faults(self) -> dict[int, str]:
        """Why partitions are stopped, by partition number."""
        return {n: p.fault for n, p in self.partitions.items() if p.fault is not None}

    @property
    def last_errors(self) -> dict[int, str]:
        """Why the latest attempt to land failed, by partition number."""
        return {n: p.last_error for n, p in self.partitions.items() if p.last_error is not None}

    def revoke(self, numbers: Iterable[int], seconds: float) -> None:
        """Lands the partitions' buffered messages, then drops the partitions.

        Messages that are not landed in time are not lost: the next owner reads them again.

        Args:
            numbers: the revoked partitions.
            seconds: time limit.

        Raises:
            TransientError: see `drop`.
        """
        revoked = [self.partitions[number] for number in numbers if number in self.partitions]
        self._drain([partition for partition in revoked if partition.fault is None], seconds)
        self.drop(partition.chain.partition for partition in revoked)

    def drop(self, numbers: Iterable[int]) -> None:
        """Drops partitions, which another consumer may already own.

        Raises:
            TransientError: some messages were not landed. The session must end, because only a new
                client is certain to return these messages before later ones.
        """
        dropped = [
            self.partitions.pop(number) for number in list(numbers) if number in self.partitions
        ]
        self._metrics.partition_faults.set(len(self.faults))
        unlanded = {
            p.chain.partition: p.buffered for p in dropped if not p.drained and p.fault is None
        }
        if unlanded:
            raise TransientError(f"partitions dropped with messages not landed: {unlanded}")

    def _drain(self, partitions: list[Partition], seconds: float) -> None:
        deadline = self._clock() + seconds
        while self._clock() < deadline:
            for partition in partitions:
                # Wait for commits: after revocation the broker rejects them.
                self._step_partition(partition, cut=True, wait_commit=True)
            partitions = [p for p in partitions if not p.drained and p.fault is None]
            if not partitions:
                return
            puts = [p.pending_put for p in partitions if p.pending_put is not None]
            wait(puts, timeout=_DRAIN_TICK_SECONDS, return_when="FIRST_COMPLETED")

    def lag(self) -> dict[int, int]:
        """Returns the number of unlanded messages by assigned partition.

        Also stops all partitions if the topic was recreated, including those without traffic.

        Raises:
            TransientError: the broker did not respond.
        """
        current = self._topic.topic_id()
        for partition in self.partitions.values():
            if partition.chain.topic_id != current and partition.fault is None:
                self._stop(partition, f"the topic was recreated: its id is now {current}")
        return {
            number: max(self._topic.bounds(number)[1] - partition.next_offset, 0)
            for number, partition in self.partitions.items()
        }
