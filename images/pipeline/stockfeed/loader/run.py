"""One load run: everything that is new, batch by batch."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import structlog

from stockfeed.contract.objects import Chain
from stockfeed.errors import PartialLoadError, StockfeedError, TransientError
from stockfeed.loader.backlog import Backlog, pick
from stockfeed.loader.batch import Batch, Outcome
from stockfeed.loader.discovery import open_backlogs
from stockfeed.loader.download import download
from stockfeed.loader.plan import Listed, Piece, Stop, skip_command
from stockfeed.loader.report import Report
from stockfeed.loader.retry import retrying
from stockfeed.loader.sql import MAX_FILES
from stockfeed.loader.stage import sweep
from stockfeed.loader.warehouse import Warehouse
from stockfeed.objectstore import ObjectStore

THREADS: Final = 16
"""Requests to the object store under way at once."""

BATCH_BYTES: Final = 256 * 1024**2
"""Compressed bytes after which a batch takes no more objects; bounds the disk that it needs."""

_log = structlog.get_logger()


class Run:
    """Loads what is new in one feed.

    Args:
        store: the raw zone.
        warehouse: Snowflake.
        feed: the feed's name.
        report: counts what is loaded as it is loaded.
        checkpoint: called between steps; what it raises ends the run there.
        from_first: as `open_backlogs` says.
    """

    def __init__(
        self,
        store: ObjectStore,
        warehouse: Warehouse,
        feed: str,
        report: Report,
        checkpoint: Callable[[], None],
        *,
        from_first: bool = False,
    ) -> None:
        self._store = store
        self._warehouse = warehouse
        self._feed = feed
        self._report = report
        self._checkpoint = checkpoint
        self._from_first = from_first

    def load(self) -> None:
        """Loads until nothing more can be loaded.

        Raises:
            PartialLoadError: objects failed, each named; the other partitions are loaded.
            TransientError, ConfigurationError: the run did not get to its end.
        """
        with ThreadPoolExecutor(THREADS) as executor:
            while not self._try(executor):
                _log.info("reading the positions again")
        self._sweep()
        if self._report.failures:
            raise PartialLoadError(_failed(self._report.failures))

    def _try(self, executor: Executor) -> bool:
        """A pass, tried again on transient errors as long as something was loaded in between."""
        loaded = self._report.files
        try:
            return retrying()(self._pass, executor)
        except TransientError:
            if self._report.files == loaded:
                raise
            return False

    def _pass(self, executor: Executor) -> bool:
        """Loads all that is new; False when another loader came between."""
        self._warehouse.set_up()
        positions = self._warehouse.positions()
        backlogs, strange = open_backlogs(
            self._store, self._feed, positions, executor, from_first=self._from_first
        )
        by_chain = {backlog.chain: backlog for backlog in backlogs}
        complete = True
        while complete and (picked := pick(backlogs, MAX_FILES, BATCH_BYTES)):
            complete = self._batch(picked, by_chain, executor)
        stopped = [backlog for backlog in backlogs if backlog.stop is not None]
        self._report.stops = strange + [b.stop for b in stopped if b.stop is not None]
        self._report.waiting = sum(backlog.waiting for backlog in stopped)
        return complete

    def _batch(
        self, picked: Sequence[Listed], backlogs: dict[Chain, Backlog], executor: Executor
    ) -> bool:
        self._checkpoint()
        with TemporaryDirectory(prefix="stockfeed-load-") as name:
            directory = Path(name)
            found = download(self._store, picked, directory, executor)
            pieces = _runs(picked, found, backlogs)
            self._checkpoint()
            outcome = self._load(pieces, directory)
        self._report.add(outcome.loaded)
        _reject(outcome, pieces, backlogs)
        return outcome.complete

    def _load(self, pieces: Sequence[Piece], directory: Path) -> Outcome:
        if not pieces:
            return Outcome((), {}, complete=True)
        batch = Batch(self._warehouse, uuid4().hex, pieces, directory)
        try:
            batch.stage()
            self._checkpoint()
            return batch.load()
        finally:
            batch.clean()

    def _sweep(self) -> None:
        try:
            sweep(self._warehouse)
        except StockfeedError as error:
            # What was loaded is loaded; the next run sweeps again.
            _log.warning("old staged files were not removed", error=str(error))


class StoppedError(Exception):
    """The process was asked to end; what was committed stays, the rest is the next run's."""


def _runs(
    picked: Sequence[Listed], found: Sequence[Piece | Stop], backlogs: dict[Chain, Backlog]
) -> list[Piece]:
    """What of the downloaded objects may be loaded; stops partitions where it ends."""
    pieces: list[Piece] = []
    pairs = zip(picked, found, strict=True)
    for chain, group in groupby(pairs, lambda pair: pair[0].chain):
        pieces += backlogs[chain].follow([result for _, result in group]).pieces
    return pieces


def _reject(outcome: Outcome, pieces: Sequence[Piece], backlogs: dict[Chain, Backlog]) -> None:
    """Stops the partitions of rejected files."""
    for chain, group in groupby(pieces, lambda piece: piece.chain):
        keys = [piece.key for piece in group]
        first = next((i for i, key in enumerate(keys) if key in outcome.rejected), None)
        if first is not None:
            why = f"{outcome.rejected[keys[first]]}; to pass over it: {skip_command(keys[first])}"
            stop = Stop(keys[first], why)
            backlogs[chain].give_up(stop, len(keys) - first)


def _failed(failures: Sequence[Stop]) -> str:
    lines = [f"{stop.key}: {stop.text}" for stop in failures]
    return "\n  ".join([f"{len(lines)} partitions stopped, the others are loaded:", *lines])
