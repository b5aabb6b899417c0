"""Which partitions a feed has in the raw zone, and what is new in each."""

from concurrent.futures import Executor
from itertools import chain as concatenated

from stockfeed.contract.objects import OFFSET_DIGITS, SUFFIX, BadKeyError, Chain, feed_prefix
from stockfeed.loader.backlog import Backlog
from stockfeed.loader.plan import Positions, Stop
from stockfeed.objectstore import ObjectStore

_LEVELS = ("group", "topic", "partition")


def open_backlogs(
    store: ObjectStore, feed: str, positions: Positions, executor: Executor
) -> tuple[list[Backlog], list[Stop]]:
    """The partitions that hold something new, and prefixes that no consumer writes.

    Requests go with the number of partitions and of new objects, never with the history.

    Args:
        store: the raw zone.
        feed: the feed's name.
        positions: the next offset of each partition that has one.
        executor: lists several prefixes at a time.
    """
    found, strange = chains(store, feed, executor)
    backlogs = executor.map(lambda chain: _open(store, chain, positions.get(chain)), found)
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


def _open(store: ObjectStore, chain: Chain, position: int | None) -> Backlog:
    # The object that starts exactly at the position must be seen, so the bound lies one before.
    bound = chain.key(position - 1) if position else ""
    return Backlog(chain, position, store.list(chain.prefix, bound))
