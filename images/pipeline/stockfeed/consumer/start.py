"""Determines a partition's start offset from the objects in the bucket.

Committed offsets expire and can be reset manually, so they serve only as a hint where to start
listing. Starting at a commit before the last object's end would land offsets twice, starting after
it would leave a gap.
"""

from dataclasses import dataclass
from typing import Final

from stockfeed.consumer.batch import Batch, lost_batch
from stockfeed.consumer.topic import Commit
from stockfeed.contract.objects import BadKeyError, BatchMetadata, Chain
from stockfeed.errors import DataError, TransientError
from stockfeed.objectstore import ObjectStore

_PAGE_SIZE: Final = 1000
"""Maximum number of objects in one ListObjectsV2 response."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a partition's chain continues.

    Attributes:
        offset: first offset that is not landed.
        lost: batch to land first, for offsets that retention deleted; None if none are missing.
        previous: start of the last landed object; None if there is none.
    """

    offset: int
    lost: Batch | None = None
    previous: int | None = None

    @property
    def read_from(self) -> int:
        """The first offset to fetch from the broker."""
        return self.offset if self.lost is None else self.lost.end + 1


def find_start(
    store: ObjectStore,
    chain: Chain,
    commit: Commit | None,
    bounds: tuple[int, int],
    *,
    managed: bool,
) -> Start:
    """Returns the start after the last object, or else at the commit, or else at the log's begin.

    A chain that was never landed begins at offset 0 if the topic is managed: what its log no longer
    holds is lost. The log of any other topic may have begun long before the feed, so the chain
    begins with the first message that is still there.

    Args:
        store: the bucket.
        chain: identity of the partition's objects.
        commit: the group's committed position; None if there is none.
        bounds: the log's first offset, and its end offset, which is exclusive.
        managed: whether the operator created the topic for this feed.

    Raises:
        DataError: the log ends before the landed data, so it was truncated.
    """
    low, high = bounds
    last = _last_object(store, chain, commit, high)
    previous, offset = last if last is not None else (None, 0 if managed else low)
    if offset > high:
        raise DataError(
            f"partition {chain.partition}: landed up to offset {offset - 1}, but the topic's log "
            f"ends at {high}: the log was truncated. Landed data is kept; to continue, recreate "
            "the topic or restore its log"
        )
    lost = lost_batch(offset, low, previous) if offset < low else None
    return Start(offset, lost, previous)


def _last_object(
    store: ObjectStore, chain: Chain, commit: Commit | None, high: int
) -> tuple[int, int] | None:
    """Returns the start of the chain's last object and the offset after its end."""
    if commit is not None and not _belongs_to(chain, commit.key):
        commit = None  # It belongs to an earlier topic with the same name.
    last = _last_key(store, chain, "" if commit is None else commit.key, high)
    if last:
        return _start_of(last), read_batch_metadata(store, last).end + 1
    return None if commit is None else (_start_of(commit.key), commit.offset)


def _last_key(store: ObjectStore, chain: Chain, after: str, high: int) -> str:
    """Returns the chain's last key, or an empty string if no key is greater than `after`.

    Without a recent commit, listing a chain of a year takes longer than Kafka's
    `max.poll.interval.ms` allows. Beyond the first page, a binary search finds the last key.
    """
    last = ""
    for number, stored in enumerate(store.list(chain.prefix, start_after=after), start=1):
        last = stored.key
        if number == _PAGE_SIZE:
            return _binary_search_last(store, chain, last, high)
    return last


def _binary_search_last(store: ObjectStore, chain: Chain, last: str, high: int) -> str:
    low = _start_of(last)
    while low < high:
        middle = (low + high + 1) // 2
        found = store.first(chain.prefix, chain.key(middle - 1))
        if found is None:
            high = middle - 1
        else:
            last, low = found.key, _start_of(found.key)
    # Objects landed by another consumer during the search, or beyond the end of a truncated log.
    for stored in store.list(chain.prefix, start_after=last):
        last = stored.key
    return last


def _start_of(key: str) -> int:
    try:
        return Chain.parse(key)[1]
    except BadKeyError as error:
        raise _foreign_object(error) from error


def _belongs_to(chain: Chain, key: str) -> bool:
    try:
        return Chain.parse(key)[0] == chain
    except BadKeyError:
        return False


def read_batch_metadata(store: ObjectStore, key: str) -> BatchMetadata:
    """Returns the metadata of an object seen in a listing or through a refused put.

    Raises:
        DataError: the object was not written by a consumer.
        TransientError: the object no longer exists.
    """
    head = store.head(key)
    if head is None:
        raise TransientError(f"object {key!r} existed a moment ago but is gone")
    try:
        return BatchMetadata.from_s3(key, head.metadata)
    except BadKeyError as error:
        raise _foreign_object(error) from error


def _foreign_object(error: BadKeyError) -> DataError:
    return DataError(f"{error}: move it out of the feed's prefix")
