"""One load of a feed: everything that is new, batch by batch."""

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
"""The number of concurrent requests to the object store."""

BATCH_BYTES: Final = 256 * 1024**2
"""The compressed size at which a batch is full; it bounds the disk space of a load."""

_MAX_SHOWN: Final = 50
"""Anybody who can write to the bucket decides how many foreign prefixes it has."""

_log = structlog.get_logger()


class Run:
    """One load of everything that is new in a feed.

    Args:
        store: the raw zone.
        warehouse: the session to use.
        feed: the feed's name.
        report: updated after each batch.
        checkpoint: called between steps; an exception that it raises ends the run there.
        from_first: see `open_backlogs`.
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
        """Loads batches until nothing more can be loaded.

        Raises:
            PartialLoadError: some objects could not be loaded; the message names each of them. The
                other partitions are loaded.
            TransientError, ConfigurationError: the run ended early; committed batches stay loaded.
        """
        with ThreadPoolExecutor(THREADS) as executor:
            while not self._try(executor):
                _log.info("reading the positions again")
        self._sweep()
        if self._report.failures:
            raise PartialLoadError(_failure_text(self._report.failures))

    def _try(self, executor: Executor) -> bool:
        """Makes a pass with retries; if they run out after some progress, asks for another pass."""
        loaded = self._report.files
        try:
            return retrying()(self._pass, executor)
        except TransientError:
            if self._report.files == loaded:
                raise
            return False

    def _pass(self, executor: Executor) -> bool:
        """Loads everything new; returns False if another loader changed a position meanwhile."""
        self._warehouse.set_up()
        backlogs, foreign = open_backlogs(
            self._store,
            self._feed,
            self._warehouse.positions,
            executor,
            from_first=self._from_first,
        )
        by_chain = {backlog.chain: backlog for backlog in backlogs}
        complete = True
        while complete and (picked := pick(backlogs, MAX_FILES, BATCH_BYTES)):
            complete = self._load_batch(picked, by_chain, executor)
        stopped = [backlog for backlog in backlogs if backlog.stop is not None]
        self._report.stops = foreign + [b.stop for b in stopped if b.stop is not None]
        self._report.waiting = sum(backlog.waiting for backlog in stopped)
        return complete

    def _load_batch(
        self, picked: Sequence[Listed], backlogs: dict[Chain, Backlog], executor: Executor
    ) -> bool:
        self._checkpoint()
        with TemporaryDirectory(prefix="stockfeed-load-") as name:
            directory = Path(name)
            found = download(self._store, picked, directory, executor)
            pieces = _loadable(picked, found, backlogs)
            self._checkpoint()
            outcome = self._stage_and_load(pieces, directory)
        self._report.add(outcome.loaded)
        _stop_rejected(outcome, pieces, backlogs)
        return outcome.complete

    def _stage_and_load(self, pieces: Sequence[Piece], directory: Path) -> Outcome:
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
            # The load itself succeeded, and the next one sweeps again.
            _log.warning("old staged files were not removed", error=str(error))


class StoppedError(Exception):
    """A signal ended the run: committed batches stay loaded, the next run loads the rest."""


def _loadable(
    picked: Sequence[Listed], found: Sequence[Piece | Stop], backlogs: dict[Chain, Backlog]
) -> list[Piece]:
    """Returns the downloaded objects that may be loaded; stops the partitions of the others."""
    pieces: list[Piece] = []
    pairs = zip(picked, found, strict=True)
    for chain, group in groupby(pairs, lambda pair: pair[0].chain):
        pieces += backlogs[chain].follow([result for _, result in group]).pieces
    return pieces


def _stop_rejected(
    outcome: Outcome, pieces: Sequence[Piece], backlogs: dict[Chain, Backlog]
) -> None:
    """Stops each partition at its first rejected file."""
    for chain, group in groupby(pieces, lambda piece: piece.chain):
        keys = [piece.key for piece in group]
        first = next((i for i, key in enumerate(keys) if key in outcome.rejected), None)
        if first is not None:
            text = f"{outcome.rejected[keys[first]]}; to skip it: {skip_command(keys[first])}"
            backlogs[chain].abandon(Stop(keys[first], text), len(keys) - first)


def _failure_text(failures: Sequence[Stop]) -> str:
    lines = [f"{stop.key}: {stop.text}" for stop in failures[:_MAX_SHOWN]]
    if len(failures) > _MAX_SHOWN:
        lines.append(f"and {len(failures) - _MAX_SHOWN} more")
    return "\n  ".join([f"{len(failures)} partitions stopped, the others are loaded:", *lines])
