"""`stockfeed demo`: starts the services, plays the tape, and reports whether gold is exact."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console

from stockfeed.errors import StockfeedError
from stockfeed_local.demo import results
from stockfeed_local.demo.playback import Directories, Market, Playback
from stockfeed_local.demo.services import running_services
from stockfeed_local.quotes.bars import read_bars, sample_file
from stockfeed_local.quotes.intervals import INTERVALS
from stockfeed_local.quotes.tape import tape_of


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The command line of `stockfeed demo`.

    Attributes:
        bars: CSV file of the bars to play; None plays the real daily bars of `sample_file`.
        interval: length of a bar: `1d`, `1h`, `5m` or `1m`.
        kafka: `auto`, `java`, `mock` or `HOST:PORT`.
        out: directory for the results; created if missing. Results of an earlier run are replaced.
        keep: keep the services' data under `out` after the run.
    """

    bars: Path | None
    interval: str
    kafka: str
    out: Path
    keep: bool


def main(options: DemoOptions) -> int:
    """Runs the demo.

    Returns:
        The exit status: 0 if the result is exact, 1 if it is not.

    Raises:
        StockfeedError: The bars are invalid, or a service or a role cannot run.
    """
    console = Console()
    market = _read_market(options)
    with _directories(options) as directories, _interruptible():
        console.print("starting Kafka, S3, the Snowflake emulator and the quote server …")
        flags = _quote_server_flags(options)
        with running_services(options.kafka, flags, directories.data, directories.logs) as services:
            if services.fallback_reason is not None:
                console.print(f"not using Apache Kafka: {services.fallback_reason}", style="yellow")
            console.print(
                f"{len(market.bars):,} bars of {len(market.tape)} symbols, "
                f"{services.kafka.description}"
            )
            outcome = Playback(services, market, directories, console).run()
    results.print_outcome(outcome, directories.out, console)
    return 1 if outcome.check.problems else 0


def _read_market(options: DemoOptions) -> Market:
    interval = INTERVALS[options.interval]
    bars = read_bars(options.bars or sample_file(), interval)
    return Market(bars, tape_of(bars, interval), options.interval)


def _quote_server_flags(options: DemoOptions) -> list[str]:
    flags = ["--controls", "--bar-interval", options.interval]
    return flags if options.bars is None else [*flags, "--bars", str(options.bars.resolve())]


@contextmanager
def _directories(options: DemoOptions) -> Iterator[Directories]:
    """Creates empty data and log directories, and deletes the results of an earlier run."""
    data, logs = options.out / "data", options.out / "logs"
    for directory in (data, logs):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    results.delete_results(options.out)
    try:
        yield Directories(options.out, data.resolve(), logs.resolve())
    finally:
        if not options.keep:
            shutil.rmtree(data, ignore_errors=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Makes SIGTERM stop the demo in an orderly way, as Ctrl-C does."""

    def interrupt(_: int, __: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise StockfeedError("interrupted; all processes were stopped") from None
    finally:
        signal.signal(signal.SIGTERM, before)
