"""A loader that is killed between any two steps: the next one loads each object exactly once."""

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("dying_loader.py")

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
    ("SELECT FEED", 2),
    ("COPY", 1),
    ("INSERT", 1),
    ("MERGE", 1),
    ("COMMIT", 1),
    ("REMOVE", 1),
    # The second batch, which begins with positions that the first one moved.
    ("download", 5),
    ("PUT", 3),
    ("COPY", 2),
    ("COMMIT", 2),
    ("REMOVE", 2),
    ("LIST", 1),
    ("end", 1),
]


def run(target: Any, trace: Path, *step: str) -> int:
    process = target.start([sys.executable, str(SCRIPT), str(trace), *step])
    _, errors = process.communicate(timeout=120)
    assert process.returncode in {0, -signal.SIGKILL}, errors
    return int(process.returncode)


def land(landing: Any) -> None:
    for partition in range(2):
        landing.land_many(landing.chain(partition), 0, objects=3)


def test_every_step_of_the_loader_has_a_test(
    landing: Any, impatient_target: Any, tmp_path: Path
) -> None:
    land(landing)

    assert run(impatient_target, tmp_path / "trace") == 0
    assert set((tmp_path / "trace").read_text().splitlines()) == {name for name, _ in STEPS}
    impatient_target.check(landing)


@pytest.mark.parametrize(
    ("step", "number"), STEPS, ids=[f"before {name} {number}" for name, number in STEPS]
)
def test_killed_before_a_step_each_object_is_loaded_once(
    landing: Any, impatient_target: Any, tmp_path: Path, step: str, number: int
) -> None:
    land(landing)
    assert run(impatient_target, tmp_path / "trace", step, str(number)) == -signal.SIGKILL
    landing.land(landing.chain(0), 30)

    impatient_target.load()

    impatient_target.check(landing)
