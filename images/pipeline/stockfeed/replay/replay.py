"""Replays a range: loads landed quotes again, next to what is loaded already.

A replay writes only the side table, never a position or the ledger. A line is in the side table
once, however often and by however many overlapping ranges it is replayed: each transaction first
deletes what earlier replays loaded from its objects.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import structlog

from stockfeed.contract import outputs
from stockfeed.errors import DataError
from stockfeed.loader.download import download
from stockfeed.loader.plan import Listed, Piece, Stop
from stockfeed.loader.retry import retrying
from stockfeed.loader.run import BATCH_BYTES, THREADS
from stockfeed.loader.sql import MAX_FILES
from stockfeed.loader.stage import FilesRejectedError, Staged
from stockfeed.loader.warehouse import Warehouse
from stockfeed.objectstore import ObjectStore
from stockfeed.replay import sql
from stockfeed.replay.find import empty_range_message, find
from stockfeed.replay.selection import Selection

_log = structlog.get_logger()


@dataclass(slots=True)
class Replayed:
    """The counts of a replay.

    Attributes:
        rows: lines of the range that are in the side table now.
        files: the objects that they came from.
        bytes: the compressed size of those objects.
    """

    rows: int = 0
    files: int = 0
    bytes: int = 0

    def write(self, directory: Path) -> None:
        """Writes the workflow's output files, one for each value."""
        directory.mkdir(parents=True, exist_ok=True)
        values = {outputs.ROWS: self.rows, outputs.FILES: self.files, outputs.BYTES: self.bytes}
        for name, value in values.items():
            (directory / name).write_text(str(value))


class Replay:
    """A replay of one range of a feed into a side table.

    Args:
        store: the raw zone.
        warehouse: the session to use.
        feed: the feed's name.
        selection: the range.
        table: the side table in the raw schema; created if it is missing.
        checkpoint: called between transactions; an exception that it raises ends the replay there.
    """

    def __init__(
        self,
        store: ObjectStore,
        warehouse: Warehouse,
        feed: str,
        selection: Selection,
        table: str,
        checkpoint: Callable[[], None],
    ) -> None:
        self._store = store
        self._warehouse = warehouse
        self._feed = feed
        self._selection = selection
        self._table = table
        self._checkpoint = checkpoint

    def run(self) -> Replayed:
        """Replays the range in transactions of up to a thousand objects.

        Raises:
            DataError: the range is empty, or an object cannot be loaded; the message names it.
            TransientError, ConfigurationError: the replay ended early; run it again.
        """
        with ThreadPoolExecutor(THREADS) as executor:
            listed = retrying()(self._find, executor)
            done = Replayed()
            for part in split(listed, MAX_FILES, BATCH_BYTES):
                self._checkpoint()
                done.rows += retrying()(self._load, part, executor)
                done.files += len(part)
                done.bytes += sum(one.size for one in part)
                _log.info("replayed", rows=done.rows, files=done.files, of=len(listed))
        if not done.rows:
            raise DataError(empty_range_message(self._store, self._warehouse, self._feed))
        return done

    def _find(self, executor: Executor) -> list[Listed]:
        self._warehouse.set_up()
        self._warehouse.run(sql.create(self._table))
        return find(self._store, self._warehouse, self._feed, self._selection, executor)

    def _load(self, listed: Sequence[Listed], executor: Executor) -> int:
        with TemporaryDirectory(prefix="stockfeed-replay-") as name:
            found = download(self._store, listed, Path(name), executor)
            part = _Part(self._warehouse, uuid4().hex, _pieces(found), Path(name))
            try:
                part.stage()
                return part.load(self._table, self._selection)
            finally:
                part.clean()


class _Part(Staged):
    """Objects that are replayed in one transaction."""

    def load(self, table: str, selection: Selection) -> int:
        """Replaces the range's lines of these objects in the side table; returns their number.

        Raises:
            DataError: files cannot be loaded; the message names them, and nothing was replaced.
        """
        keys = [piece.key for piece in self._pieces]
        try:
            with self._warehouse.transaction():
                self._warehouse.run(sql.delete_earlier(table, keys, selection))
                self.copy(sql.copy(table, self._id, keys), self._pieces)
                self._warehouse.run(sql.trim(table, self._id, selection))
                (counted,) = self._warehouse.run(sql.count(table, self._id))
        except FilesRejectedError as error:
            lines = [f"{key}: {reason}" for key, reason in error.reasons.items()]
            text = "objects cannot be loaded; replay ranges without them:"
            raise DataError("\n  ".join([text, *lines])) from error
        return int(counted["row_count"])


def split(listed: Sequence[Listed], max_files: int, max_bytes: int) -> Iterator[list[Listed]]:
    """Splits objects into parts, in their order.

    Args:
        listed: the objects.
        max_files: the maximum number of objects in a part.
        max_bytes: a part ends with the object that reaches this number of compressed bytes.
    """
    part: list[Listed] = []
    for one in listed:
        part.append(one)
        if len(part) == max_files or sum(other.size for other in part) >= max_bytes:
            yield part
            part = []
    if part:
        yield part


def _pieces(found: Sequence[Piece | Stop]) -> list[Piece]:
    stops = [one for one in found if isinstance(one, Stop)]
    if stops:
        raise DataError("\n  ".join(stop.text for stop in stops))
    return [one for one in found if isinstance(one, Piece)]
