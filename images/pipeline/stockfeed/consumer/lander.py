"""Lands one batch: compress, put create-only, and make sense of a refusal.

Runs on a thread of its own; touches nothing of the partition's state.
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

# 0 is igzip's fastest and 3 its smallest; 1 costs little and halves the size of 0's output.
_COMPRESSION_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Landed:
    """The bucket holds the partition up to `end`.

    Attributes:
        key: the object's key.
        end: the last offset that the object covers.
        created: False when the interval's start was landed before, by another owner or by a try
            whose answer was lost.
        size: compressed bytes written, 0 when nothing was.
        seconds: time it took.
    """

    key: str
    end: int
    created: bool
    size: int
    seconds: float


class Lander:
    """Lands batches of one topic.

    Args:
        store: the bucket.
        log_end: the end of a partition's log now.
        topic_id: the topic's identity now.
        events: writes the PerEvent objects; None in the Batched layout.
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
        """Puts the batch's object unless its interval's start is landed already.

        Raises:
            TransientError: the store or the broker did not answer; land the same batch again.
            DataError: the topic is another one now, or the object in the way does not continue it.
        """
        began = monotonic()
        self._check_topic(chain)
        if self._events is not None:
            self._events.write(chain, batch)
        body = igzip.compress(b"".join(batch.lines), _COMPRESSION_LEVEL, mtime=0)
        key = chain.key(batch.start)
        created = self._store.create(key, body, batch.metadata.to_s3())
        end = batch.end if created else self._existing_end(chain, batch, key)
        return Landed(key, end, created, len(body) if created else 0, monotonic() - began)

    def _check_topic(self, chain: Chain) -> None:
        # Asked after the batch was read and before it is put: messages of a new topic that has
        # the old one's name would otherwise continue the old one's chain.
        current = self._topic_id()
        if current != chain.topic_id:
            raise DataError(
                f"partition {chain.partition}: the topic was recreated (id {chain.topic_id} is now "
                f"{current}); restart the consumer to land the new one from its beginning"
            )

    def _existing_end(self, chain: Chain, batch: Batch, key: str) -> int:
        existing = read_batch_metadata(self._store, key)
        if not (
            _same_first_message(batch, existing) and existing.end < self._log_end(chain.partition)
        ):
            raise DataError(
                f"object {key!r} is in the way and does not continue this topic: it says "
                f"{existing}, the batch to land says {batch.metadata}; find out who wrote it"
            )
        return existing.end


def _same_first_message(batch: Batch, existing: BatchMetadata) -> bool:
    # Retention may remove a message between two owners' looks; a lost interval has no message.
    if batch.lost or existing.lost:
        return True
    return batch.metadata.first_timestamp == existing.first_timestamp


class EventWriter:
    """The PerEvent layout: one object per quote, beside the batch objects, for other tools.

    Args:
        store: the bucket.
        pool: puts of one batch go in parallel; each is a round trip of its own.
    """

    def __init__(self, store: ObjectStore, pool: ThreadPoolExecutor) -> None:
        self._store = store
        self._pool = pool

    def write(self, chain: Chain, batch: Batch) -> None:
        """Puts an object per event of the batch; those that exist already are the same."""
        errors = set(batch.error_offsets)
        events = [
            (line, offset)
            for line, offset in zip(batch.lines, batch.offsets, strict=True)
            if offset not in errors
        ]
        for _ in self._pool.map(lambda event: self._put(chain, *event), events):
            """Taking the result raises what the put raised."""

    def _put(self, chain: Chain, line: bytes, offset: int) -> None:
        symbol = orjson.loads(line)[SYMBOL]
        self._store.create(chain.event_key(symbol, offset), line, {})
