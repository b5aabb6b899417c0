"""Which objects of the raw zone may hold something of a replay's range."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor

import structlog

from stockfeed.contract.objects import BadKeyError, Chain, feed_prefix
from stockfeed.contract.times import format_rfc3339, from_milliseconds
from stockfeed.errors import DataError
from stockfeed.loader.discovery import chains
from stockfeed.loader.download import REPAIR
from stockfeed.loader.plan import Listed, Piece
from stockfeed.loader.warehouse import Row, Warehouse
from stockfeed.objectstore import ObjectStore
from stockfeed.replay import sql
from stockfeed.replay.selection import Selection

_log = structlog.get_logger()


def find(
    store: ObjectStore, warehouse: Warehouse, feed: str, selection: Selection, executor: Executor
) -> list[Listed]:
    """The objects, partition by partition, in the order of their offsets.

    What is loaded is looked up in the ledger, since a listing tells neither ends nor times; what
    is not loaded yet, which is little, is listed and asked one by one.

    Raises:
        DataError: nothing was found, or something that was loaded is gone.
    """
    loaded = _loaded(warehouse.run(sql.read_ledger(feed, selection)))
    positions = warehouse.positions()
    landed, _ = chains(store, feed, executor)
    wanted = sorted({chain for chain in landed if selection.takes(chain)} | set(loaded))

    def of(chain: Chain) -> list[Listed]:
        listed = _listed(store, chain, loaded.get(chain, frozenset()))
        return [*listed, *_waiting(store, chain, positions.get(chain), selection)]

    found = [listed for part in executor.map(of, wanted) for listed in part]
    if not found:
        raise DataError(nothing_in_range(store, warehouse, feed))
    return found


def nothing_in_range(store: ObjectStore, warehouse: Warehouse, feed: str) -> str:
    """What to say of a range that holds nothing, with what there is."""
    known = [_extent(row) for row in warehouse.run(sql.read_extents(feed))]
    if known:
        return "\n  ".join(["nothing is landed in this range; loaded so far are:", *known])
    feeds = ", ".join(store.list_prefixes("feed=")) or "nothing"
    return (
        f"nothing of feed {feed!r} is loaded; bucket {store.bucket!r} holds {feeds}, this feed's "
        f"would be {feed_prefix(feed)}"
    )


def _loaded(rows: Sequence[Row]) -> dict[Chain, frozenset[int]]:
    """Starts of the objects by partition; empty and skipped ones have nothing to load again."""
    starts: dict[Chain, set[int]] = {}
    for row in rows:
        chain = Chain(row["feed"], row["group_name"], row["topic_id"], int(row["partition_id"]))
        if row["skip_reason"] is not None:
            key = chain.key(int(row["start_offset"]))
            _log.warning("a skipped object is left out", key=key, reason=row["skip_reason"])
        elif int(row["row_count"]):
            starts.setdefault(chain, set()).add(int(row["start_offset"]))
    return {chain: frozenset(found) for chain, found in starts.items()}


def _listed(store: ObjectStore, chain: Chain, starts: Collection[int]) -> list[Listed]:
    """The objects that start at these offsets, with their sizes."""
    keys = {chain.key(start): start for start in sorted(starts)}
    if not keys:
        return []
    first, last = min(starts), max(keys)
    found: list[Listed] = []
    for stored in store.list(chain.prefix, chain.key(first - 1) if first else ""):
        if stored.key > last:
            break
        if stored.key in keys:
            found.append(Listed(chain, keys.pop(stored.key), stored.size))
    if keys:
        raise DataError(
            f"{len(keys)} objects of the range were loaded and are gone from the bucket, first "
            f"{next(iter(keys))}: its retention or a person removed them; take a later range"
        )
    return found


def _waiting(
    store: ObjectStore, chain: Chain, position: int | None, selection: Selection
) -> Iterator[Listed]:
    """The objects from the position on, which no load has taken yet."""
    bound = chain.key(position - 1) if position else ""
    for stored in store.list(chain.prefix, bound):
        try:
            _, start = Chain.parse(stored.key)
        except BadKeyError:
            continue  # no consumer wrote it; the load names it
        listed = Listed(chain, start, stored.size)
        piece = _asked(store, listed)
        if piece.metadata.records and selection.touches(start, piece.metadata):
            yield listed


def _asked(store: ObjectStore, listed: Listed) -> Piece:
    head = store.head(listed.key)
    if head is None:
        raise DataError(f"object {listed.key!r} was removed while its partition was listed")
    try:
        return Piece.read(listed, head.etag, head.metadata)
    except BadKeyError as error:
        raise DataError(f"{error}; {REPAIR}") from error


def _extent(row: Row) -> str:
    return (
        f"group {row['group_name']}, topic {row['topic_id']}, partition {row['partition_id']}: "
        f"offsets {row['first_offset']} to {row['last_offset']}, polled "
        f"{_time(row['first_timestamp'])} to {_time(row['last_timestamp'])}"
    )


def _time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "never"
    return format_rfc3339(from_milliseconds(int(milliseconds)))
