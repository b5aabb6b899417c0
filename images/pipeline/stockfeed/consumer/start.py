"""Where a consumer starts: the bucket decides.

Committed offsets expire and can be reset by hand, so they only say from which key on to list.
Starting at a commit that lies behind the bucket would land offsets twice, and one that lies ahead
would leave a hole.
"""

from dataclasses import dataclass
from typing import Final

from stockfeed.consumer.batch import Batch, lost_batch
from stockfeed.consumer.topic import Commit
from stockfeed.contract.objects import BadKeyError, BatchMetadata, Chain
from stockfeed.errors import DataError, TransientError
from stockfeed.objectstore import ObjectStore

_PAGE_SIZE: Final = 1000
"""Objects that a listing gives with one request."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a partition goes on.

    Attributes:
        offset: the first offset of the next interval.
        lost: an interval to land first, which retention removed; None when nothing is missing.
        previous: start of the last object that was landed; None where none ever was.
    """

    offset: int
    lost: Batch | None = None
    previous: int | None = None

    @property
    def read_from(self) -> int:
        """The first offset to fetch from the broker."""
        return self.offset if self.lost is None else self.lost.end + 1


def find_start(
    store: ObjectStore, chain: Chain, commit: Commit | None, low: int, high: int
) -> Start:
    """Where the partition goes on: behind its last object, else at the commit, else at `low`.

    Args:
        store: the bucket.
        chain: the partition's objects.
        commit: the group's committed position.
        low: the log's first offset.
        high: the log's end, the next offset to be written.

    Raises:
        DataError: the log ends before the landed data does, so it was truncated.
    """
    last = _last_object(store, chain, commit, high)
    if last is None:
        return Start(low)
    previous, offset = last
    if offset > high:
        raise DataError(
            f"partition {chain.partition}: landed up to offset {offset - 1}, but the topic's log "
            f"ends at {high}: the log was truncated. What was landed stays; recreate the topic, or "
            "restore its log, to go on"
        )
    lost = lost_batch(offset, low, previous) if offset < low else None
    return Start(offset, lost, previous)


def _last_object(
    store: ObjectStore, chain: Chain, commit: Commit | None, high: int
) -> tuple[int, int] | None:
    """The start of the chain's last object, and the offset behind it."""
    if commit is not None and not _belongs_to(chain, commit.key):
        commit = None  # It belongs to an earlier topic of the same name.
    last = _last_key(store, chain, "" if commit is None else commit.key, high)
    if last:
        return _start_of(last), read_batch_metadata(store, last).end + 1
    return None if commit is None else (_start_of(commit.key), commit.offset)


def _last_key(store: ObjectStore, chain: Chain, after: str, high: int) -> str:
    """The greatest key of the chain; empty where none is greater than `after`.

    Without a fresh commit a chain of a year would be listed whole, which takes longer than a
    consumer may be silent. So what is behind the first thousand is searched by halves.
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
    # What another owner landed meanwhile, and what a truncated log does not reach.
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
    """The metadata of an object that a listing or a refused put has shown.

    Raises:
        DataError: it is no object of ours.
        TransientError: it is gone again.
    """
    head = store.head(key)
    if head is None:
        raise TransientError(f"object {key!r} was there a moment ago and is not found now")
    try:
        return BatchMetadata.from_s3(key, head.metadata)
    except BadKeyError as error:
        raise _foreign_object(error) from error


def _foreign_object(error: BadKeyError) -> DataError:
    return DataError(f"{error}: move it away from the feed's prefix")
