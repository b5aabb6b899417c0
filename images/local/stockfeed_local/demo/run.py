"""One demo run, from an empty directory to a verdict."""

import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn
from uuid import uuid4

import httpx
from rich.console import Console

from stockfeed.errors import StockfeedError
from stockfeed.objectstore import ObjectStore
from stockfeed_local.demo import outputs
from stockfeed_local.demo.check import Verdict, check
from stockfeed_local.demo.inspection import Inspection, inspect
from stockfeed_local.demo.landed import Audit, LandedCounter, audit
from stockfeed_local.demo.options import Options
from stockfeed_local.demo.progress import Progress, PublishedCounter, Stages, shown
from stockfeed_local.demo.report import render
from stockfeed_local.demo.report_data import report_data
from stockfeed_local.demo.roles import PARTITIONS, Environment, Roles, groups_of
from stockfeed_local.demo.rounds import Rounds
from stockfeed_local.demo.services import BUCKET, Services, running
from stockfeed_local.demo.warehouse import Candle, DemoWarehouse, connect
from stockfeed_local.quotes.bars import Bar, read_bars, sample_file
from stockfeed_local.quotes.intervals import INTERVALS
from stockfeed_local.quotes.tape import Tape, tape_of

_TICK_SECONDS = 0.5
_SHOWN_PROBLEMS = 20
_RESULTS = ("summary.json", "gold_candlestick.csv", "gold_kpi.csv", "report.html")


@dataclass(frozen=True, slots=True)
class Result:
    """What a run measured and found."""

    summary: dict[str, int | float | str]
    verdict: Verdict
    inspection: Inspection


def main(options: Options) -> int:
    """Runs the demo; returns the exit status: 1 when the result is not exact.

    Raises:
        StockfeedError: the bars cannot be used, or a service or a role does not run.
    """
    console = Console()
    interval = INTERVALS[options.interval]
    bars = read_bars(options.bars or sample_file(), interval)
    tape = tape_of(bars, interval)
    with _directories(options) as (data, logs), _interruptible():
        console.print("starting Kafka, S3, the Snowflake emulator and the quote API …")
        with running(options, data, logs) as services:
            if services.fallback_reason is not None:
                console.print(f"not Apache Kafka: {services.fallback_reason}", style="yellow")
            console.print(
                f"{len(bars):,} bars of {len(tape)} symbols, {services.kafka.description}"
            )
            result = _Run(options, services, bars, tape, data, logs, console).run()
    _tell(result, options, console)
    return 1 if result.verdict.problems else 0


class _Run:
    """One run on services that are up."""

    def __init__(
        self,
        options: Options,
        services: Services,
        bars: list[Bar],
        tape: Tape,
        data: Path,
        logs: Path,
        console: Console,
    ) -> None:
        self._options, self._services, self._console = options, services, console
        self._bars, self._tape, self._logs = bars, tape, logs
        # A Kafka that is not ours may hold topics of an earlier run.
        self._feed = f"demo-{uuid4().hex[:8]}"
        self._groups = groups_of(self._feed, sorted(tape))
        self._environment = Environment(self._feed, services, data)
        self._store = ObjectStore(services.s3.client(), BUCKET)

    def run(self) -> Result:
        """Plays the tape, waits until all of it is in gold, and compares."""
        for group in self._groups:
            self._services.kafka.create_topic(group.topic, PARTITIONS)
        with ExitStack() as stack:
            warehouse = stack.enter_context(connect(self._environment.loader()))
            topics = [group.topic for group in self._groups]
            published = PublishedCounter(self._services.kafka.endpoint, topics)
            stack.callback(published.close)
            progress = self._play(warehouse, published)
            return self._judge(warehouse, published, progress)

    def _play(self, warehouse: DemoWarehouse, published: PublishedCounter) -> Progress:
        landed = LandedCounter(self._store, self._feed)
        stages = Stages(self._services.quotes.endpoint, published, landed, warehouse)
        total = sum(len(quotes) for quotes in self._tape.values())
        progress = Progress(stages, total, hold=self._services.holds_little)
        roles = Roles(self._environment, self._groups, self._logs)
        rounds = Rounds(self._environment, self._logs)
        with ExitStack() as playing:
            playing.callback(roles.stop)
            playing.callback(rounds.stop)
            progress.start()
            playing.callback(progress.stop)
            roles.start()
            rounds.start()
            with shown(progress, self._console, lambda: rounds.activity):
                self._until_in_gold(progress, roles, rounds, published.partitions)
            progress.finish()
        return progress

    def _until_in_gold(
        self, progress: Progress, roles: Roles, rounds: Rounds, partitions: int
    ) -> None:
        while not progress.tape_done.wait(_TICK_SECONDS):
            self._look_after(progress, roles, rounds, producers=True)
        roles.stop_producers()
        with httpx.Client(timeout=10) as client:
            while not roles.drained(client, partitions):
                self._look_after(progress, roles, rounds, producers=False)
                time.sleep(_TICK_SECONDS)
        self._finish(progress, roles, rounds)

    def _finish(self, progress: Progress, roles: Roles, rounds: Rounds) -> None:
        """The last round, watched: a load waits long for a warehouse that is gone."""
        with ThreadPoolExecutor(1) as executor:
            finished = executor.submit(rounds.finish)
            try:
                while not wait([finished], _TICK_SECONDS).done:
                    self._look_after(progress, roles, rounds, producers=False)
            except BaseException:
                rounds.stop()
                raise
            finished.result()

    def _look_after(
        self, progress: Progress, roles: Roles, rounds: Rounds, *, producers: bool
    ) -> None:
        self._services.check()
        progress.check()
        rounds.check()
        for name in roles.revive(producers=producers):
            self._console.print(f"{name} was gone and is started again", style="yellow")

    def _judge(
        self, warehouse: DemoWarehouse, published: PublishedCounter, progress: Progress
    ) -> Result:
        found = audit(self._store, self._feed)
        inspection = inspect(self._environment.inspection(), min(self._tape))
        candles = warehouse.candles()
        last = progress.newest
        verdict = check(
            bars=self._bars,
            tape=self._tape,
            interval=self._options.interval,
            candles=candles,
            silver=warehouse.silver(),
            published=published.count(),
            audit=found,
            loaded=last.loaded,
            loaded_twice=warehouse.repeated_offsets(),
            findings=inspection.findings,
        )
        summary = self._summary(progress, found, verdict)
        result = Result(summary, verdict, inspection)
        self._write(result, candles, warehouse, progress)
        return result

    def _summary(
        self, progress: Progress, found: Audit, verdict: Verdict
    ) -> dict[str, int | float | str]:
        last = progress.newest
        return {
            "polled": last.polled,
            "published": last.published,
            "repeats": found.landed - found.distinct,
            "landed": found.landed,
            "loaded": last.loaded,
            "silver": last.silver,
            "bars": verdict.exact_bars,
            "mismatches": len(verdict.mismatches),
            "gaps": len(verdict.gaps),
            "duplicates": len(verdict.duplicates),
            "findings": len(verdict.findings),
            "seconds": round(last.seconds, 1),
            "quotes_per_second": round(last.published / last.seconds, 1),
            "broker": self._services.kafka.description,
        }

    def _write(
        self,
        result: Result,
        candles: list[Candle],
        warehouse: DemoWarehouse,
        progress: Progress,
    ) -> None:
        out = self._options.out
        outputs.write_summary(out / "summary.json", result.summary)
        outputs.write_candles(out / "gold_candlestick.csv", candles)
        outputs.write_table(out / "gold_kpi.csv", warehouse.table("gold_kpi", "symbol"))
        data = report_data(
            result.summary,
            result.verdict,
            result.inspection,
            self._options.interval,
            candles,
            warehouse,
            progress.samples,
        )
        (out / "report.html").write_text(render(data), encoding="utf-8")


@contextmanager
def _directories(options: Options) -> Iterator[tuple[Path, Path]]:
    """Data and logs below the output directory; an earlier run's leave first."""
    data, logs = options.out / "data", options.out / "logs"
    for directory in (data, logs):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    for name in _RESULTS:
        (options.out / name).unlink(missing_ok=True)
    try:
        yield data.resolve(), logs.resolve()
    finally:
        if not options.keep:
            shutil.rmtree(data, ignore_errors=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does: in order."""

    def interrupt(_: int, __: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise StockfeedError("stopped before the end; everything was ended in order") from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(result: Result, options: Options, console: Console) -> None:
    summary, problems = result.summary, result.verdict.problems
    for text in (result.inspection.verified, result.inspection.traced):
        # Lines as they are: a table that is broken at the terminal's edge is none.
        console.print(text, markup=False, highlight=False, soft_wrap=True, end="\n\n")
    for problem in problems[:_SHOWN_PROBLEMS]:
        console.print(problem, style="red")
    if len(problems) > _SHOWN_PROBLEMS:
        console.print(f"… and {len(problems) - _SHOWN_PROBLEMS} more", style="red")
    console.print(
        f"{summary['bars']:,} bars exact, {summary['silver']:,} quotes in silver, "
        f"{summary['mismatches']} mismatches, {summary['gaps']} gaps, "
        f"{summary['duplicates']} duplicates, {summary['findings']} findings; "
        f"{summary['seconds']} s on {summary['broker']}",
        style="bold red" if problems else "bold green",
    )
    console.print(f"report: {options.out / 'report.html'}")
