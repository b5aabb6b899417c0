"""Runs `stockfeed demo` as a user does, kills its processes, and checks that gold is exact."""

import csv
import gzip
import html
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pytest

from stockfeed_local.quotes.bars import sample_file

STOCKFEED = str(Path(sys.executable).parent / "stockfeed")


class Run:
    """One demo run with its own directory."""

    def __init__(self, home: Path) -> None:
        self.out = home / "out"
        self.log = home / "demo.log"
        self.started: subprocess.Popen[bytes] | None = None
        self._mark = f"DEMO_RUN={uuid.uuid4()}"  # inherited by every process of the run

    def start(self, *options: str) -> None:
        with self.log.open("wb") as log:
            self.started = subprocess.Popen(
                [STOCKFEED, "demo", "--out", str(self.out), *options],
                stdout=log,
                stderr=log,
                env={**os.environ, **dict([self._mark.split("=")])},
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self.started is not None, "the run has not started"
        return self.started

    def wait(self, seconds: float = 600) -> int:
        return self.process.wait(seconds)

    def text(self) -> str:
        return self.log.read_text()

    def summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = json.loads((self.out / "summary.json").read_text())
        return summary

    def children(self) -> list[tuple[int, str]]:
        """Returns pid and command line of all live processes that this run has started."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.process.pid:
                try:
                    environment = (entry / "environ").read_bytes()
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
                if self._mark.encode() in environment:
                    found.append((int(entry.name), command))
        return found

    def kill_one(self, role: str) -> None:
        """Kills the role's process as soon as it exists."""

        def kill() -> bool:
            for pid, command in self.children():
                if f"stockfeed {role}" in command:
                    os.kill(pid, signal.SIGKILL)
                    return True
            return False

        self.wait_until(kill, f"a {role} runs")

    def hold_tape(self, quotes: int | None) -> None:
        """Lets the quote server reveal this many quotes in all; None reveals the rest."""
        port_file = self.out / "data" / "quotes" / "port"
        self.wait_until(port_file.exists, "the quote server listens")
        self._control = f"http://127.0.0.1:{port_file.read_text().strip()}/control"
        httpx.post(f"{self._control}/limit", json={"released": quotes}).raise_for_status()

    def wait_for_quotes(self, quotes: int) -> None:
        """Returns when the producers have been given this many quotes."""

        def is_revealed() -> bool:
            return bool(httpx.get(f"{self._control}/stats").json()["revealed"] >= quotes)

        self.wait_until(is_revealed, f"{quotes} quotes are revealed")

    def wait_until(self, condition: Callable[[], bool], expected: str) -> None:
        deadline = time.monotonic() + 300
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                pytest.fail(f"expected that {expected}; the demo's output:\n{self.text()}")
            time.sleep(0.05)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    if run.started is not None and run.process.poll() is None:
        run.process.kill()
        run.process.wait()


@pytest.fixture
def bars(tmp_path: Path) -> Callable[[int], Path]:
    """Writes a file with the first bars of each symbol in the sample."""

    def write(number: int) -> Path:
        with gzip.open(sample_file(), "rt") as file:
            rows = list(csv.DictReader(file))
        chosen = [
            row for _, group in groupby(rows, lambda r: r["Ticker"]) for row in list(group)[:number]
        ]
        path = tmp_path / "bars.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(chosen)
        return path

    return write


def check_exact(run: Run, bars: int) -> dict[str, Any]:
    summary = run.summary()
    assert summary["bars"] == bars
    assert summary["silver"] == 4 * bars
    assert (summary["mismatches"], summary["gaps"], summary["duplicates"]) == (0, 0, 0)
    assert summary["findings"] == 0
    check_inspected(run)
    assert summary["published"] == summary["landed"] == summary["loaded"]
    assert summary["published"] == 4 * bars + summary["repeats"]
    return summary


def check_inspected(run: Run) -> None:
    """Checks that output and page contain the same results of verify, with Kafka, and trace."""
    lines = run.text().splitlines()
    head = next(line for line in lines if line.startswith("group "))
    first = lines[lines.index(head) + 1].split()
    assert "kafka" in head.split()
    assert first[head.split().index("kafka")].startswith("0-")
    assert "complete" in lines
    stages = [line.split()[0] for line in lines if line.startswith(("poll ", "kafka ", "gold "))]
    assert stages[:2] == ["poll", "kafka"]
    assert stages[-1] == "gold"
    page = html.unescape((run.out / "report.html").read_text())
    assert f"{head}\n" in page
    assert next(line for line in lines if line.startswith("poll ")) in page


@pytest.mark.timeout(1800)
def test_tape_is_exact_although_every_role_is_killed(
    run: Run, bars: Callable[[int], Path], pytestconfig: pytest.Config
) -> None:
    """Plays a sixth of the tape, or all of it with `--whole-tape`, as CI does.

    The tape is held back at each step, so that it cannot end before the last kill.
    """
    whole = pytestconfig.getoption("--whole-tape")
    number = 12_154 if whole else 2_196  # 500 of each symbol, of which one has fewer
    run.start(*([] if whole else ["--bars", str(bars(500))]))
    run.hold_tape(5_000)
    run.kill_one("consumer")
    run.wait_for_quotes(500)
    run.kill_one("producer")
    run.kill_one("loader --once")
    run.hold_tape(8_000)
    run.wait_for_quotes(5_500)
    run.kill_one("producer")
    run.kill_one("consumer")
    run.hold_tape(None)
    assert run.wait(840) == 0, run.text()
    check_exact(run, number)
    assert run.text().count("died and was restarted") == 4
    assert run.children() == []
    with (run.out / "gold_kpi.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 5
    assert (run.out / "report.html").stat().st_size > 50_000


def test_mock_broker_and_minute_bars_are_exact(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "minutes.csv"
    path.write_text(
        "Ticker,Date,Open,High,Low,Close,Volume\n"
        "EUR,2024-03-10T06:59:00Z,1.08345,1.08399,1.08301,1.08377,1\n"
        "EUR,2024-03-10T07:00:00Z,1.08377,1.08377,1.08377,1.08377,1\n"
        "GBP,2024-03-10T07:00:00Z,1.27001,1.27100,1.26999,1.27050,1\n"
    )
    run.start("--bars", str(path), "--bar-interval", "1m", "--kafka", "mock")
    assert run.wait() == 0, run.text()
    assert "mock" in check_exact(run, 3)["broker"]
    with (run.out / "gold_candlestick.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["interval"] == "1m"]
    assert rows[0] == {
        "symbol": "EUR",
        "interval": "1m",
        "bucket_start": "2024-03-10T06:59:00Z",
        "open": "1.08345",
        "high": "1.08399",
        "low": "1.08301",
        "close": "1.08377",
        "quotes": "4",
    }


def test_interrupt_stops_all_processes(run: Run, bars: Callable[[int], Path]) -> None:
    run.start("--bars", str(bars(3000)))
    run.kill_one("loader --once")  # waits until the run is under way
    run.process.send_signal(signal.SIGINT)
    assert run.wait(180) == 1
    assert "interrupted; all processes were stopped" in run.text()
    assert run.children() == []


def test_killed_demo_leaves_no_process_behind(run: Run, bars: Callable[[int], Path]) -> None:
    run.start("--bars", str(bars(3000)))
    run.kill_one("loader --once")
    run.process.kill()
    run.wait(10)
    deadline = time.monotonic() + 60
    while run.children() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert run.children() == []


def test_invalid_bars_are_reported_with_their_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("Ticker,Date,Open,High,Low,Close,Volume\nAAA,2013-03-01,5,4,3,4,1\n")
    run.start("--bars", str(path))
    assert run.wait(180) == 1
    assert "bars.csv, line 2, column Open: 5 is not between" in run.text()
