"""Plays the tape through the pipeline's own processes and collects the evidence of the result."""

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
from rich.console import Console

from stockfeed.objectstore import ObjectStore
from stockfeed_local.demo.bucket import LandedCounter, audit
from stockfeed_local.demo.check import Evidence, check
from stockfeed_local.demo.inspection import inspect
from stockfeed_local.demo.progress import ProgressSampler, StageReaders, shown
from stockfeed_local.demo.report import render
from stockfeed_local.demo.report_builder import build_report_data
from stockfeed_local.demo.results import Outcome, summarize, write_results
from stockfeed_local.demo.roles import PARTITIONS, Environment, Roles, symbol_groups
from stockfeed_local.demo.rounds import Rounds
from stockfeed_local.demo.services import BUCKET, Services
from stockfeed_local.demo.topics import PublishedCounter
from stockfeed_local.demo.warehouse import DemoWarehouse, connect
from stockfeed_local.quotes.bars import Bar
from stockfeed_local.quotes.tape import Tape

_TICK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Market:
    """The data that the demo plays.

    Attributes:
        bars: What gold must contain in the end.
        tape: The same bars as quotes.
        interval: Length of a bar: `1d`, `1h`, `5m` or `1m`.
    """

    bars: list[Bar]
    tape: Tape
    interval: str


@dataclass(frozen=True, slots=True)
class Directories:
    """Where a run keeps its files.

    Attributes:
        out: The results.
        data: The services' data and the roles' working files.
        logs: One log file per process.
    """

    out: Path
    data: Path
    logs: Path


@dataclass(frozen=True, slots=True)
class _Workers:
    """Everything that runs in the background while the tape plays."""

    progress: ProgressSampler
    roles: Roles
    rounds: Rounds


class Playback:
    """One demo run on services that are already up.

    Args:
        services: Kafka, S3, the Snowflake emulator and the quote server.
        market: The data to play.
        directories: Where files are written; they must exist.
        console: Where progress is shown.
    """

    def __init__(
        self, services: Services, market: Market, directories: Directories, console: Console
    ) -> None:
        self._services, self._market = services, market
        self._directories, self._console = directories, console
        # An external Kafka may still have the topics of an earlier run: hence a new feed name.
        self._feed = f"demo-{uuid4().hex[:8]}"
        self._groups = symbol_groups(self._feed, sorted(market.tape))
        self._environment = Environment(self._feed, services, directories.data)
        self._store = ObjectStore(services.s3.client(), BUCKET)

    def run(self) -> Outcome:
        """Plays the tape until all of it is in gold, checks the result and writes the files."""
        for group in self._groups:
            self._services.kafka.create_topic(group.topic, PARTITIONS)
        with ExitStack() as stack:
            warehouse = stack.enter_context(connect(self._environment.loader()))
            topics = [group.topic for group in self._groups]
            published = PublishedCounter(self._services.kafka.endpoint, topics)
            stack.callback(published.close)
            progress = self._play(warehouse, published)
            outcome = self._check(warehouse, published, progress)
            self._write(outcome, warehouse, progress)
            return outcome

    def _play(self, warehouse: DemoWarehouse, published: PublishedCounter) -> ProgressSampler:
        landed = LandedCounter(self._store, self._feed)
        readers = StageReaders(self._services.quotes.endpoint, published, landed, warehouse)
        total = sum(len(quotes) for quotes in self._market.tape.values())
        workers = _Workers(
            ProgressSampler(readers, total, hold=self._services.holds_little),
            Roles(self._environment, self._groups, self._directories.logs),
            Rounds(self._environment, self._directories.logs),
        )
        with ExitStack() as playing:
            playing.callback(workers.roles.stop)
            playing.callback(workers.rounds.stop)
            workers.progress.start()
            playing.callback(workers.progress.stop)
            workers.roles.start()
            workers.rounds.start()
            with shown(workers.progress, self._console, lambda: workers.rounds.activity):
                self._wait_until_in_gold(workers, published.partitions)
            workers.progress.finish()
        return workers.progress

    def _wait_until_in_gold(self, workers: _Workers, partitions: int) -> None:
        while not workers.progress.tape_done.wait(_TICK_SECONDS):
            self._supervise(workers, producers=True)
        workers.roles.stop_producers()
        with httpx.Client(timeout=10) as client:
            while not workers.roles.drained(client, partitions):
                self._supervise(workers, producers=False)
                time.sleep(_TICK_SECONDS)
        self._finish_rounds(workers)

    def _finish_rounds(self, workers: _Workers) -> None:
        """Runs the last round on a thread, so that a dead service is noticed at once.

        A load retries for minutes when the warehouse does not respond.
        """
        with ThreadPoolExecutor(1) as executor:
            finished = executor.submit(workers.rounds.finish)
            try:
                while not wait([finished], _TICK_SECONDS).done:
                    self._supervise(workers, producers=False)
            except BaseException:
                workers.rounds.stop()
                raise
            finished.result()

    def _supervise(self, workers: _Workers, *, producers: bool) -> None:
        self._services.raise_if_dead()
        workers.progress.raise_if_failed()
        workers.rounds.raise_if_failed()
        for name in workers.roles.restart_dead(producers=producers):
            self._console.print(f"{name} died and was restarted", style="yellow")

    def _check(
        self, warehouse: DemoWarehouse, published: PublishedCounter, progress: ProgressSampler
    ) -> Outcome:
        audited = audit(self._store, self._feed)
        inspection = inspect(self._environment.inspection(), min(self._market.tape))
        candles = warehouse.candles()
        checked = check(
            Evidence(
                bars=self._market.bars,
                tape=self._market.tape,
                interval=self._market.interval,
                candles=candles,
                silver=warehouse.silver(),
                published=published.count(),
                audit=audited,
                loaded=progress.newest.loaded,
                loaded_twice=warehouse.repeated_offsets(),
                findings=inspection.findings,
            )
        )
        broker = self._services.kafka.description
        summary = summarize(progress.newest, audited, checked, broker)
        return Outcome(summary, checked, inspection, candles)

    def _write(self, outcome: Outcome, warehouse: DemoWarehouse, progress: ProgressSampler) -> None:
        data = build_report_data(outcome, self._market.interval, warehouse, progress.samples)
        kpis = warehouse.table("gold_kpi", "symbol")
        write_results(self._directories.out, outcome, kpis, render(data))
