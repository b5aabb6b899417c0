"""`stockfeed loader --skip KEY --reason …`: skips an object, or some of its lines."""

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import structlog

from stockfeed.contract.objects import BadKeyError, Chain
from stockfeed.errors import DataError
from stockfeed.loader import sql
from stockfeed.loader.discovery import previous_start
from stockfeed.loader.download import REPAIR, download
from stockfeed.loader.lines import reason_with_lines
from stockfeed.loader.plan import Listed, Piece, Stop
from stockfeed.loader.sql import Stamp
from stockfeed.loader.stage import FilesRejectedError, Staged
from stockfeed.loader.warehouse import CommitUnknownError, Warehouse
from stockfeed.objectstore import ObjectStore

_log = structlog.get_logger()


def skip(
    store: ObjectStore,
    warehouse: Warehouse,
    feed: str,
    key: str,
    reason: str,
    lines: Collection[int] = (),
) -> None:
    """Records an object in the ledger without loading it, so that its partition continues after it.

    Args:
        store: the raw zone.
        warehouse: the session to use.
        feed: the feed's name.
        key: the object's key.
        reason: kept in the ledger.
        lines: skips only these lines, counted from 1, and loads the others.

    Raises:
        DataError: the key is not a batch object of this feed, or not the next one of its
            partition; the message names the offset at which that one starts. Or the other lines
            cannot be loaded, either.
        TransientError: it is unknown whether the skip was recorded; run the same command again.
    """
    listed, piece = _read(store, feed, key)
    warehouse.set_up()
    if lines:
        _skip_lines(store, warehouse, replace(listed, skipped_lines=frozenset(lines)), reason)
        return
    with _skipping(store, warehouse, piece) as stamp:
        warehouse.run(sql.record(f"skip-{stamp.batch_seq}", stamp, [piece], reason))


def _skip_lines(store: ObjectStore, warehouse: Warehouse, listed: Listed, reason: str) -> None:
    with TemporaryDirectory(prefix="stockfeed-skip-") as name, ThreadPoolExecutor(1) as executor:
        (piece,) = download(store, [listed], Path(name), executor)
        if isinstance(piece, Stop):
            raise DataError(f"object {piece.key!r}: {piece.text}")
        part = _Part(warehouse, uuid4().hex, [piece], Path(name))
        try:
            part.stage()
            part.load(store, reason_with_lines(listed.skipped_lines, reason))
        finally:
            part.clean()


class _Part(Staged):
    """The lines of one object that are not skipped."""

    def load(self, store: ObjectStore, reason: str) -> None:
        (piece,) = self._pieces
        try:
            with _skipping(store, self._warehouse, piece) as stamp:
                if piece.metadata.records:
                    self.copy(sql.copy(self._id, stamp, [piece.key]), [piece])
                # The metadata counts the error lines among the skipped ones, too.
                (counted,) = self._warehouse.run(sql.count_errors(stamp))
                metadata = replace(piece.metadata, errors=int(counted["errors"]))
                found = replace(piece, metadata=metadata)
                self._warehouse.run(sql.record(self._id, stamp, [found], reason, partly=True))
        except FilesRejectedError as error:
            raise DataError(
                f"object {piece.key!r}: the other lines cannot be loaded, so nothing was skipped: "
                f"{error.reasons[piece.key]}; lines are counted without those skipped; give --line "
                "for each bad line of the object"
            ) from error


@contextmanager
def _skipping(store: ObjectStore, warehouse: Warehouse, piece: Piece) -> Iterator[Stamp]:
    """Runs a `with` block under the lock, then moves the position past the object."""
    try:
        with warehouse.transaction():
            stamp = warehouse.lock()
            _check_next(store, warehouse, piece)
            yield stamp
            warehouse.run(sql.advance(stamp))
    except CommitUnknownError as error:
        if warehouse.positions([piece.chain]).get(piece.chain) != piece.next_offset:
            raise
        _log.info("skip recorded, although its COMMIT was not answered", error=str(error))


def _read(store: ObjectStore, feed: str, key: str) -> tuple[Listed, Piece]:
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
        listed = Listed(chain, start, head.size)
        return listed, Piece.read(listed, head.etag, head.metadata)
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
