"""A replay: a range of landed quotes, loaded again beside what is loaded already.

It writes the side table alone: no position moves, and the ledger knows nothing of it. A line is in
the side table once however often and in however many ranges it is replayed: each transaction first
deletes what an earlier replay took from its objects.
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
from stockfeed.replay.find import find, nothing_in_range
from stockfeed.replay.selection import Selection

_log = structlog.get_logger()


@dataclass(slots=True)
class Replayed:
    """What a replay loaded: rows of the range, from so many objects of so many compressed bytes."""

    rows: int = 0
    files: int = 0
    bytes: int = 0

    def write(self, directory: Path) -> None:
        """Writes the workflow's outputs, one file each."""
        directory.mkdir(parents=True, exist_ok=True)
        values = {outputs.ROWS: self.rows, outputs.FILES: self.files, outputs.BYTES: self.bytes}
        for name, value in values.items():
            (directory / name).write_text(str(value))


class Replay:
    """Loads a range of one feed into a side table.

    Args:
        store: the raw zone.
        warehouse: Snowflake.
        feed: the feed's name.
        selection: the range.
        table: in the raw schema; made where it is missing.
        checkpoint: called between transactions; what it raises ends the replay there.
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
        """Replays the range, one transaction for each thousand objects at most.

        Raises:
            DataError: the range holds nothing, or an object cannot be loaded, which is named.
            TransientError, ConfigurationError: it did not get to its end. The same replay may
                be run again.
        """
        with ThreadPoolExecutor(THREADS) as executor:
            listed = retrying()(self._find, executor)
            done = Replayed()
            for part in parts(listed, MAX_FILES, BATCH_BYTES):
                self._checkpoint()
                done.rows += retrying()(self._load, part, executor)
                done.files += len(part)
                done.bytes += sum(one.size for one in part)
                _log.info("replayed", rows=done.rows, files=done.files, of=len(listed))
        if not done.rows:
            raise DataError(nothing_in_range(self._store, self._warehouse, self._feed))
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
        """Replaces what the side table has of the range from these objects; how many rows.

        Raises:
            DataError: files that cannot be loaded, by name; nothing was replaced.
        """
        keys = [piece.key for piece in self._pieces]
        try:
            with self._warehouse.transaction():
                self._warehouse.run(sql.forget(table, keys, selection))
                self.copy(sql.copy(table, self._id, keys), self._pieces)
                self._warehouse.run(sql.trim(table, self._id, selection))
                (counted,) = self._warehouse.run(sql.count(table, self._id))
        except FilesRejectedError as error:
            lines = [f"{key}: {reason}" for key, reason in error.reasons.items()]
            text = "objects cannot be loaded; take ranges without them:"
            raise DataError("\n  ".join([text, *lines])) from error
        return int(counted["row_count"])


def parts(listed: Sequence[Listed], max_files: int, max_bytes: int) -> Iterator[list[Listed]]:
    """Splits objects, in their order, by number and by compressed bytes.

    Args:
        listed: the objects.
        max_files: at most so many in a part.
        max_bytes: no more in a part once it has so many bytes.
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
