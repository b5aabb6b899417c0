"""Finds a feed's partitions in the raw zone, and the objects of each that are not loaded yet."""

from collections.abc import Callable, Collection
from concurrent.futures import Executor
from itertools import chain as concatenated

from stockfeed.contract.objects import BadKeyError, BatchMetadata, Chain, feed_prefix
from stockfeed.loader.backlog import Backlog
from stockfeed.loader.plan import Positions, Stop
from stockfeed.objectstore import ObjectStore, StoredObject
from stockfeed.rawzone import list_chains, list_objects


def open_backlogs(
    store: ObjectStore,
    feed: str,
    read_positions: Callable[[Collection[Chain]], Positions],
    executor: Executor,
    *,
    from_first: bool = False,
) -> tuple[list[Backlog], list[Stop]]:
    """Returns the partitions with new objects, and a stop for each prefix that no consumer writes.

    The number of requests grows with the partitions and the new objects, never with the history.

    Args:
        store: the raw zone.
        feed: the feed's name.
        read_positions: returns the next offset of each of the given partitions that was loaded
            before.
        executor: lists several prefixes at a time.
        from_first: lets a partition that was never loaded begin with the first object left in the
            bucket, even if that object's metadata names an earlier one.
    """
    chains, foreign = list_chains(store, feed, executor)
    positions = read_positions(chains)
    backlogs = executor.map(
        lambda chain: _open(store, chain, positions.get(chain), from_first=from_first), chains
    )
    stops = [
        Stop(prefix, f"{error}; move it out of {feed_prefix(feed)}")
        for prefix, error in foreign.items()
    ]
    return [backlog for backlog in backlogs if not backlog.empty], stops


def _open(store: ObjectStore, chain: Chain, position: int | None, *, from_first: bool) -> Backlog:
    objects = list_objects(store, chain, position)
    if position is None and not from_first and (first := next(objects, None)) is not None:
        position, objects = previous_start(store, first), concatenated([first], objects)
    return Backlog(chain, position, objects)


def previous_start(store: ObjectStore, stored: StoredObject) -> int | None:
    """Returns the start of the object before this one, or None if this is its chain's first.

    Consumers of earlier versions did not record it; their objects count as first ones.
    """
    head = store.head(stored.key)
    try:
        return None if head is None else BatchMetadata.from_s3(stored.key, head.metadata).previous
    except BadKeyError:
        return None  # the load reports the object by name
