"""Which partitions a feed has in the raw zone, and what is new in each."""

from concurrent.futures import Executor
from itertools import chain as concatenated

from stockfeed.contract.objects import (
    OFFSET_DIGITS,
    SUFFIX,
    BadKeyError,
    BatchMetadata,
    Chain,
    feed_prefix,
)
from stockfeed.loader.backlog import Backlog
from stockfeed.loader.plan import Positions, Stop
from stockfeed.objectstore import ObjectStore, StoredObject

_LEVELS = ("group", "topic", "partition")


def open_backlogs(
    store: ObjectStore,
    feed: str,
    positions: Positions,
    executor: Executor,
    *,
    from_first: bool = False,
) -> tuple[list[Backlog], list[Stop]]:
    """The partitions that hold something new, and prefixes that no consumer writes.

    Requests go with the number of partitions and of new objects, never with the history.

    Args:
        store: the raw zone.
        feed: the feed's name.
        positions: the next offset of each partition that has one.
        executor: lists several prefixes at a time.
        from_first: a partition without a position begins at the first object that the bucket has,
            even if that says that there was one before it.
    """
    found, strange = chains(store, feed, executor)
    backlogs = executor.map(
        lambda chain: _open(store, chain, positions.get(chain), from_first=from_first), found
    )
    return [backlog for backlog in backlogs if not backlog.empty], strange


def chains(store: ObjectStore, feed: str, executor: Executor) -> tuple[list[Chain], list[Stop]]:
    """The feed's partitions, and prefixes that no consumer writes."""
    prefixes = [feed_prefix(feed)]
    for _ in _LEVELS:
        below = executor.map(lambda prefix: list(store.list_prefixes(prefix)), prefixes)
        prefixes = list(concatenated.from_iterable(below))
    found: list[Chain] = []
    strange: list[Stop] = []
    for prefix in prefixes:
        try:
            found.append(_chain(prefix))
        except BadKeyError as error:
            strange.append(Stop(prefix, f"{error}; move it out of {feed_prefix(feed)}"))
    return found, strange


def _chain(prefix: str) -> Chain:
    return Chain.parse(f"{prefix}{0:0{OFFSET_DIGITS}d}{SUFFIX}")[0]


def _open(store: ObjectStore, chain: Chain, position: int | None, *, from_first: bool) -> Backlog:
    # The object that starts exactly at the position must be seen, so the bound lies one before.
    objects = store.list(chain.prefix, chain.key(position - 1) if position else "")
    if position is None and not from_first and (first := next(objects, None)) is not None:
        position, objects = start_before(store, first), concatenated([first], objects)
    return Backlog(chain, position, objects)


def start_before(store: ObjectStore, stored: StoredObject) -> int | None:
    """The start of the object before one, which is its chain's first where this is None.

    Objects of consumers that did not write this down yet count as first ones.
    """
    head = store.head(stored.key)
    try:
        return None if head is None else BatchMetadata.from_s3(stored.key, head.metadata).previous
    except BadKeyError:
        return None  # the load names it
