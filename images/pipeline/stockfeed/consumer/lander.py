"""Landing of a single batch: compression, the create-only put, and conflict resolution.

It runs on a worker thread and does not touch the partition's state.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import orjson
from isal import igzip

from stockfeed.consumer.batch import Batch
from stockfeed.consumer.start import read_batch_metadata
from stockfeed.contract.events import SYMBOL
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import DataError
from stockfeed.objectstore import ObjectStore

# igzip has levels 0 (fastest) to 3 (smallest). Level 1 halves level 0's output at little cost.
_COMPRESSION_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Landed:
    """Result of landing a batch: the bucket now holds the partition up to `end`.

    Attributes:
        key: the object's key.
        end: the last offset covered by the object.
        created: False if the object existed, written by another consumer or by an earlier attempt
            whose response was lost.
        size: compressed bytes written; 0 if the object existed.
        seconds: elapsed time.
    """

    key: str
    end: int
    created: bool
    size: int
    seconds: float


class Lander:
    """Lands the batches of one topic.

    Args:
        store: the bucket.
        log_end: returns the current end offset of a partition.
        topic_id: returns the topic's current id.
        events: writer of the PerEvent layout; None in the Batched layout.
    """

    def __init__(
        self,
        store: ObjectStore,
        log_end: Callable[[int], int],
        topic_id: Callable[[], str],
        events: "EventWriter | None" = None,
    ) -> None:
        self._store = store
        self._log_end = log_end
        self._topic_id = topic_id
        self._events = events

    def land(self, chain: Chain, batch: Batch) -> Landed:
        """Creates the batch's object, unless an object with the same start exists.

        Raises:
            TransientError: the store or the broker did not respond; retry with the same batch.
            DataError: the topic was recreated, or the existing object belongs to another log.
        """
        began = monotonic()
        self._check_topic(chain)
        if self._events is not None:
            self._events.write(chain, batch)
        # A fixed mtime makes the bytes, and thus the ETag, depend on the lines only.
        body = igzip.compress(b"".join(batch.lines), _COMPRESSION_LEVEL, mtime=0)
        key = chain.key(batch.start)
        created = self._store.create(key, body, batch.metadata.to_s3())
        end = batch.end if created else self._existing_end(chain, batch, key)
        return Landed(key, end, created, len(body) if created else 0, monotonic() - began)

    def _check_topic(self, chain: Chain) -> None:
        # Checked after reading and before writing the batch. Otherwise messages of a recreated
        # topic of the same name could be appended to the old topic's chain.
        current = self._topic_id()
        if current != chain.topic_id:
            raise DataError(
                f"partition {chain.partition}: the topic was recreated (its id changed from "
                f"{chain.topic_id} to {current}); restart the consumer to land the new topic"
            )

    def _existing_end(self, chain: Chain, batch: Batch, key: str) -> int:
        # An object that another consumer landed from the same log has the same first message and
        # ends within the log. Anything else is foreign, or was landed before the log was truncated.
        existing = read_batch_metadata(self._store, key)
        if not (
            _same_first_message(batch, existing) and existing.end < self._log_end(chain.partition)
        ):
            raise DataError(
                f"object {key!r} exists but does not match this topic's log: it has {existing}, "
                f"the batch has {batch.metadata}; find out who wrote the object"
            )
        return existing.end


def _same_first_message(batch: Batch, existing: BatchMetadata) -> bool:
    # Retention may delete messages between two consumers' reads, and a lost batch has no messages.
    if batch.lost or existing.lost:
        return True
    return batch.metadata.first_timestamp == existing.first_timestamp


class EventWriter:
    """Writer of the PerEvent layout: an additional object per quote, for other tools.

    Args:
        store: the bucket.
        pool: runs a batch's puts in parallel, since each takes a round trip.
    """

    def __init__(self, store: ObjectStore, pool: ThreadPoolExecutor) -> None:
        self._store = store
        self._pool = pool

    def write(self, chain: Chain, batch: Batch) -> None:
        """Creates an object per event; those that exist are left, because they are identical."""
        errors = set(batch.error_offsets)
        events = [
            (line, offset)
            for line, offset in zip(batch.lines, batch.offsets, strict=True)
            if offset not in errors
        ]
        for _ in self._pool.map(lambda event: self._put(chain, *event), events):
            """Iterating over the results raises the puts' exceptions."""

    def _put(self, chain: Chain, line: bytes, offset: int) -> None:
        symbol = orjson.loads(line)[SYMBOL]
        self._store.create(chain.event_key(symbol, offset), line, {})
