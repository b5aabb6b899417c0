"""Finds the objects of the raw zone that may hold lines of a replay's range."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor

import structlog

from stockfeed.contract.objects import BadKeyError, Chain, feed_prefix
from stockfeed.contract.times import format_rfc3339, from_milliseconds
from stockfeed.errors import ConfigurationError, DataError
from stockfeed.loader.download import REPAIR
from stockfeed.loader.lines import lines_of_reason
from stockfeed.loader.plan import Listed, Piece
from stockfeed.loader.warehouse import Row, Warehouse
from stockfeed.objectstore import ObjectStore
from stockfeed.rawzone import list_chains, list_objects
from stockfeed.replay import sql
from stockfeed.replay.selection import Selection

_log = structlog.get_logger()


def find(
    store: ObjectStore, warehouse: Warehouse, feed: str, selection: Selection, executor: Executor
) -> list[Listed]:
    """Returns the objects, partition by partition, in the order of their offsets.

    Loaded objects are found through the ledger, because a listing shows neither their ends nor
    their times. The few that are not loaded yet are listed, and their metadata read one by one.

    Raises:
        DataError: no object was found, or a loaded one is missing from the bucket.
    """
    loaded = _loaded(warehouse.run(sql.read_ledger(feed, selection)))
    landed, _ = list_chains(store, feed, executor)
    wanted = sorted({chain for chain in landed if selection.includes(chain)} | set(loaded))
    positions = warehouse.positions(wanted)

    def find_in(chain: Chain) -> list[Listed]:
        listed = _listed(store, chain, loaded.get(chain, {}))
        return [*listed, *_waiting(store, chain, positions.get(chain), selection)]

    found = [listed for part in executor.map(find_in, wanted) for listed in part]
    if not found:
        raise DataError(empty_range_message(store, warehouse, feed))
    return found


def empty_range_message(store: ObjectStore, warehouse: Warehouse, feed: str) -> str:
    """Returns the error message for an empty range, which lists what could be replayed."""
    known = [_extent(row) for row in warehouse.run(sql.read_extents(feed))]
    if known:
        return "\n  ".join(["nothing is landed in this range; loaded so far:", *known])
    try:
        feeds = ", ".join(store.list_prefixes("feed=")) or "nothing"
    except ConfigurationError:  # the credentials are limited to this feed's prefix
        feeds = "what these credentials must not list"
    return (
        f"nothing of feed {feed!r} is loaded; bucket {store.bucket!r} holds {feeds}; this feed's "
        f"objects would be under {feed_prefix(feed)}"
    )


def _loaded(rows: Sequence[Row]) -> dict[Chain, dict[int, frozenset[int]]]:
    """Returns the loaded objects of each partition, without empty and skipped ones.

    Returns:
        The skipped lines by start offset.
    """
    starts: dict[Chain, dict[int, frozenset[int]]] = {}
    for row in rows:
        chain = Chain(row["feed"], row["group_name"], row["topic_id"], int(row["partition_id"]))
        reason = row["skip_reason"]
        if int(row["row_count"]):
            lines = frozenset[int]() if reason is None else lines_of_reason(reason)
            starts.setdefault(chain, {})[int(row["start_offset"])] = lines
        elif reason is not None:
            key = chain.key(int(row["start_offset"]))
            _log.warning("skipped object not replayed", key=key, reason=reason)
    return starts


def _listed(store: ObjectStore, chain: Chain, starts: Mapping[int, frozenset[int]]) -> list[Listed]:
    """Lists the objects that start at these offsets, because the ledger has no sizes."""
    keys = {chain.key(start): start for start in sorted(starts)}
    if not keys:
        return []
    first, last = min(starts), max(keys)
    found: list[Listed] = []
    for stored in list_objects(store, chain, first):
        if stored.key > last:
            break
        if stored.key in keys:
            start = keys.pop(stored.key)
            found.append(Listed(chain, start, stored.size, starts[start]))
    if keys:
        raise DataError(
            f"{len(keys)} loaded objects of the range are no longer in the bucket, first "
            f"{next(iter(keys))}: its retention or somebody removed them; replay a later range"
        )
    return found


def _waiting(
    store: ObjectStore, chain: Chain, position: int | None, selection: Selection
) -> Iterator[Listed]:
    """Yields the objects of the range that are not loaded yet, from the position on."""
    for stored in list_objects(store, chain, position):
        try:
            _, start = Chain.parse(stored.key)
        except BadKeyError:
            continue  # no consumer wrote it, and the load reports it
        listed = Listed(chain, start, stored.size)
        piece = _read_piece(store, listed)
        if piece.metadata.records and selection.overlaps(start, piece.metadata):
            yield listed


def _read_piece(store: ObjectStore, listed: Listed) -> Piece:
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
