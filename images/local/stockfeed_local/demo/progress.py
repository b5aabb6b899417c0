"""Samples the quotes at each stage, keeps the samples for the report, and shows the progress."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from confluent_kafka import KafkaException
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from snowflake.connector.errors import Error

from stockfeed.errors import StockfeedError, TransientError
from stockfeed_local.demo.bucket import LandedCounter
from stockfeed_local.demo.report import Sample
from stockfeed_local.demo.topics import PublishedCounter
from stockfeed_local.demo.warehouse import DemoWarehouse

_SAMPLE_SECONDS = 1.0
_LINE_SECONDS = 10.0
# Samples may fail for some seconds while a service is busy. After this time, the demo fails.
_PATIENCE_SECONDS = 120.0
# The mock broker drops the oldest messages of a partition beyond about 5 MB. This many quotes that
# have not landed are far less than that.
_UNLANDED_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class StageReaders:
    """Readers of the stages' counts.

    Attributes:
        quotes: Root URL of the quote server.
        published: Counts the messages in the topics.
        landed: Counts the messages in the bucket.
        warehouse: Counts the rows of the raw table and of silver.
    """

    quotes: str
    published: PublishedCounter
    landed: LandedCounter
    warehouse: DemoWarehouse


class ProgressSampler:
    """Samples all stages once a second, on a background thread.

    Args:
        readers: Readers of the stages' counts.
        total: Number of quotes on the tape.
        hold: Hold the tape back until its quotes have landed, for a broker with little storage.

    Attributes:
        samples: All samples so far.
        tape_done: Set when the last quote of every symbol is acknowledged.
    """

    def __init__(self, readers: StageReaders, total: int, *, hold: bool) -> None:
        self.samples: list[Sample] = []
        self.total = total
        self.tape_done = threading.Event()
        self._readers = readers
        self._hold = hold
        self._began = time.monotonic()
        self._client = httpx.Client(base_url=readers.quotes, timeout=10)
        self._stopped = threading.Event()
        self._executor = ThreadPoolExecutor(1, "progress")
        self._sampling: Future[None] | None = None

    def start(self) -> None:
        """Starts sampling."""
        self._sampling = self._executor.submit(self._run)

    def raise_if_failed(self) -> None:
        """Raises the error that ended the sampling, if any.

        Raises:
            TransientError: No sample succeeded for two minutes; the message gives the reason.
        """
        if self._sampling is not None and self._sampling.done():
            self._sampling.result()

    def finish(self) -> None:
        """Stops sampling and takes a last sample."""
        self._end()
        self.raise_if_failed()
        self._sample()

    def stop(self) -> None:
        """Stops sampling without a last sample."""
        self._end()
        self._client.close()

    @property
    def newest(self) -> Sample:
        """The newest sample; zeros before the first."""
        return self.samples[-1] if self.samples else Sample(0.0, 0, 0, 0, 0, 0, None)

    def _end(self) -> None:
        self._stopped.set()
        self._executor.shutdown()

    def _run(self) -> None:
        sampled = time.monotonic()
        while not self._stopped.wait(_SAMPLE_SECONDS):
            try:
                self._sample()
                sampled = time.monotonic()
            except (httpx.HTTPError, KafkaException, StockfeedError, Error) as error:
                if time.monotonic() - sampled > _PATIENCE_SECONDS:
                    raise TransientError(
                        f"no progress sample succeeded for {_PATIENCE_SECONDS:g} s: {error}"
                    ) from error

    def _sample(self) -> None:
        stats = self._client.get("/control/stats").json()
        landed = self._readers.landed.count()
        counts = self._readers.warehouse.counts()
        freshness = None if counts.newest is None else time.time() - counts.newest.timestamp()
        self.samples.append(
            Sample(
                seconds=time.monotonic() - self._began,
                polled=stats["polled"],
                published=self._readers.published.count(),
                landed=landed,
                loaded=counts.loaded,
                silver=counts.silver,
                freshness=freshness,
            )
        )
        if self._hold:
            released = {"released": landed + _UNLANDED_LIMIT}
            self._client.post("/control/limit", json=released).raise_for_status()
        if stats["done"]:
            self.tape_done.set()


@contextmanager
def shown(
    progress: ProgressSampler, console: Console, activity: Callable[[], str]
) -> Iterator[None]:
    """Shows the newest sample: as a live table on a terminal, else as a line every 10 s."""
    if console.is_terminal:
        with Live(
            get_renderable=lambda: _table(progress, activity()), console=console, transient=True
        ):
            yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_lines, args=(progress, console, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _lines(progress: ProgressSampler, console: Console, done: threading.Event) -> None:
    while not done.wait(_LINE_SECONDS):
        console.print(line(progress.newest, progress.total))


def line(sample: Sample, total: int) -> str:
    """Formats a sample as one line."""
    return (
        f"{sample.seconds:4.0f} s  polled {sample.polled}  published {sample.published}/{total}  "
        f"landed {sample.landed}  loaded {sample.loaded}  built {sample.silver}  "
        f"freshness {_age(sample.freshness)}"
    )


def _table(progress: ProgressSampler, activity: str) -> Group:
    sample = progress.newest
    table = Table.grid(padding=(0, 2))
    stages = (
        ("polled", sample.polled),
        ("published", sample.published),
        ("landed", sample.landed),
        ("loaded", sample.loaded),
        ("built", sample.silver),
    )
    for name, count in stages:
        bar = ProgressBar(total=progress.total, completed=min(count, progress.total), width=40)
        table.add_row(name, bar, f"{count:,}")
    footer = f"{sample.seconds:.0f} s · freshness {_age(sample.freshness)} · {activity}"
    return Group(table, Text(footer, style="dim"))


def _age(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.0f} s"
