"""`stockfeed loader --skip KEY --reason …`: passing over an object that cannot be loaded."""

import structlog

from stockfeed.contract.objects import BadKeyError, Chain
from stockfeed.errors import DataError
from stockfeed.loader import sql
from stockfeed.loader.discovery import start_before
from stockfeed.loader.download import REPAIR
from stockfeed.loader.plan import Listed, Piece
from stockfeed.loader.warehouse import CommitUnknownError, Warehouse
from stockfeed.objectstore import ObjectStore

_log = structlog.get_logger()


def skip(store: ObjectStore, warehouse: Warehouse, feed: str, key: str, reason: str) -> None:
    """Records an object in the ledger without loading it; its partition goes on behind it.

    Raises:
        DataError: the key is no batch object of this feed, or not its partition's next one; the
            message says what is.
        TransientError: whether it was recorded is not known; the same command may be run again.
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
        if warehouse.positions().get(piece.chain) != piece.next_offset:
            raise
        _log.info("the skip was recorded, though its answer was lost", error=str(error))


def _read(store: ObjectStore, feed: str, key: str) -> Piece:
    try:
        chain, start = Chain.parse(key)
    except BadKeyError as error:
        raise DataError(f"{error}; give the whole key as the failed run named it") from error
    if chain.feed != feed:
        raise DataError(f"object {key!r} is of feed {chain.feed!r}, this loader's is {feed!r}")
    head = store.head(key)
    if head is None:
        raise DataError(f"there is no object {key!r}; nothing to skip")
    try:
        return Piece.read(Listed(chain, start, head.size), head.etag, head.metadata)
    except BadKeyError as error:
        raise DataError(
            f"{error}; without it, where the partition goes on is a guess: {REPAIR}"
        ) from error


def _check_next(store: ObjectStore, warehouse: Warehouse, piece: Piece) -> None:
    """Only the next object can be skipped: skipping a later one would leave a hole."""
    position = warehouse.positions().get(piece.chain)
    if position is None:
        position = _beginning(store, piece)
    if position != piece.start:
        raise DataError(
            f"object {piece.key!r} is not the next of its partition: that starts at offset "
            f"{position}"
        )


def _beginning(store: ObjectStore, piece: Piece) -> int:
    first = next(store.list(piece.chain.prefix), None)
    if first is None:
        return piece.start
    before = start_before(store, first)
    return Chain.parse(first.key)[1] if before is None else before
