"""`stockfeed loader --skip KEY --reason …`: skips an object that cannot be loaded."""

import structlog

from stockfeed.contract.objects import BadKeyError, Chain
from stockfeed.errors import DataError
from stockfeed.loader import sql
from stockfeed.loader.discovery import previous_start
from stockfeed.loader.download import REPAIR
from stockfeed.loader.plan import Listed, Piece
from stockfeed.loader.warehouse import CommitUnknownError, Warehouse
from stockfeed.objectstore import ObjectStore

_log = structlog.get_logger()


def skip(store: ObjectStore, warehouse: Warehouse, feed: str, key: str, reason: str) -> None:
    """Records an object in the ledger without loading it, so that its partition continues after it.

    Args:
        store: the raw zone.
        warehouse: the session to use.
        feed: the feed's name.
        key: the object's key.
        reason: kept in the ledger.

    Raises:
        DataError: the key is not a batch object of this feed, or not the next one of its
            partition; the message names the offset at which that one starts.
        TransientError: it is unknown whether the skip was recorded; run the same command again.
    """
    piece = _read(store, feed, key)
    warehouse.set_up()
    try:
        with warehouse.transaction():
            stamp = warehouse.lock()
            _check_next(store, warehouse, piece)
            warehouse.run(sql.record(f"skip-{stamp.batch_seq}", stamp, [piece], reason))
            warehouse.run(sql.advance(stamp))
    except CommitUnknownError as error:
        if warehouse.positions([piece.chain]).get(piece.chain) != piece.next_offset:
            raise
        _log.info("skip recorded, although its COMMIT was not answered", error=str(error))


def _read(store: ObjectStore, feed: str, key: str) -> Piece:
    try:
        chain, start = Chain.parse(key)
    except BadKeyError as error:
        raise DataError(f"{error}; give the complete key that the failed load reported") from error
    if chain.feed != feed:
        raise DataError(f"object {key!r} belongs to feed {chain.feed!r}, this loader to {feed!r}")
    head = store.head(key)
    if head is None:
        raise DataError(f"object {key!r} does not exist; there is nothing to skip")
    try:
        return Piece.read(Listed(chain, start, head.size), head.etag, head.metadata)
    except BadKeyError as error:
        raise DataError(
            f"{error}; without it, the offset at which the partition continues is unknown: {REPAIR}"
        ) from error


def _check_next(store: ObjectStore, warehouse: Warehouse, piece: Piece) -> None:
    """Refuses any object but the next one: skipping a later one would leave a gap."""
    position = warehouse.positions([piece.chain]).get(piece.chain)
    if position is None:
        position = _first_offset(store, piece)
    if position != piece.start:
        raise DataError(
            f"object {piece.key!r} is not the next one of its partition, which starts at offset "
            f"{position}"
        )


def _first_offset(store: ObjectStore, piece: Piece) -> int:
    first = next(store.list(piece.chain.prefix), None)
    if first is None:
        return piece.start
    previous = previous_start(store, first)
    return Chain.parse(first.key)[1] if previous is None else previous
