"""A loader is killed before each of its steps: the next one loads each object exactly once."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "support/loader/dying_loader.py"

STEPS = [
    ("log in", 1),
    ("SELECT BATCH_SEQ", 1),
    ("CREATE SCHEMA", 1),
    ("USE", 1),
    ("SOURCE_STOCK_QUOTES", 1),
    ("LOAD_LEDGER", 1),
    ("LOAD_POSITION", 1),
    ("CREATE STAGE", 1),
    ("LOAD_LOCK", 1),
    ("SELECT FEED", 1),
    # The ledger's positions, because LOAD_POSITION has none yet.
    ("SELECT FEED", 2),
    ("list prefixes", 1),
    ("list prefixes", 3),
    ("list objects", 2),
    ("download", 1),
    ("download", 4),
    ("PUT", 1),
    ("PUT", 2),
    ("BEGIN", 1),
    ("UPDATE", 1),
    ("SELECT BATCH_SEQ", 2),
    ("SELECT FEED", 3),
    ("SELECT FEED", 4),
    ("COPY", 1),
    ("INSERT", 1),
    ("MERGE", 1),
    ("COMMIT", 1),
    ("REMOVE", 1),
    # The second batch, whose positions the first one has moved.
    ("download", 5),
    ("PUT", 3),
    ("COPY", 2),
    ("COMMIT", 2),
    ("REMOVE", 2),
    ("LIST", 1),
    ("end", 1),
]


@pytest.fixture(scope="module")
def dying_loaders(
    service_logs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["subprocess.Popen[str]"]:
    """The process that forks loaders, so that each one starts without importing everything."""
    downloads = str(tmp_path_factory.mktemp("downloads"))
    with (service_logs / "dying-loaders.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            # A killed loader leaves its downloads behind.
            env={**os.environ, "TMPDIR": downloads},
        )
        with process:
            yield process


@pytest.fixture
def run(
    dying_loaders: "subprocess.Popen[str]", impatient_target: Any, tmp_path: Path
) -> Callable[..., int]:
    """Runs a loader, which dies before the given step if there is one; returns its exit status."""

    def call(step: str | None = None, number: int = 1) -> int:
        order = {
            "environment": impatient_target.environment,
            "trace": str(tmp_path / "trace"),
            "step": step,
            "number": number,
        }
        assert dying_loaders.stdin is not None
        assert dying_loaders.stdout is not None
        print(json.dumps(order), file=dying_loaders.stdin, flush=True)
        return int(dying_loaders.stdout.readline())

    return call


def land(landing: Any) -> None:
    for partition in range(2):
        landing.land_many(landing.chain(partition), 0, objects=3)


def test_every_step_of_the_loader_is_tested(
    landing: Any, impatient_target: Any, run: Callable[..., int], tmp_path: Path
) -> None:
    land(landing)

    assert run() == 0
    assert set((tmp_path / "trace").read_text().splitlines()) == {name for name, _ in STEPS}
    impatient_target.check(landing)


@pytest.mark.parametrize(
    ("step", "number"), STEPS, ids=[f"before {name} {number}" for name, number in STEPS]
)
def test_loads_each_object_once_after_a_kill(
    landing: Any, impatient_target: Any, run: Callable[..., int], step: str, number: int
) -> None:
    land(landing)
    assert run(step, number) == -signal.SIGKILL
    landing.land(landing.chain(0), 30)

    impatient_target.load()

    impatient_target.check(landing)
