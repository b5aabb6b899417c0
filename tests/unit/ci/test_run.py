""".ci/run with stand-ins of its tools: which parts of the cluster tests run, in which order."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / ".ci" / "run"


def run(home: Path, commit: str, minutes: int) -> tuple[list[str], str]:
    """Returns make's arguments, a call each, and the last line of output."""
    for tool, body in {
        "make": 'echo "$*" >> "$CALLS"',
        "git": f"echo {commit}",
        "go": "",
    }.items():
        (home / tool).write_text(f"#!/bin/sh\n{body}\n")
        (home / tool).chmod(0o755)
    environment = {
        "PATH": f"{home}:{os.environ['PATH']}",
        "CALLS": str(home / "calls"),
        "LIMIT_MINUTES": str(minutes),
    }
    done = subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, check=True)
    return (home / "calls").read_text().splitlines(), done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("commit", "parts"),
    [
        ("00000000", ["faults", "scale"]),
        ("00000001", ["scale", "faults"]),
        ("f0000002", ["faults", "scale"]),
    ],
)
def test_commit_decides_which_part_follows_core(
    tmp_path: Path, commit: str, parts: list[str]
) -> None:
    calls, summary = run(tmp_path, commit, 75)
    assert calls == [
        *("lint", "test", "test-tape"),
        *(f"e2e PARTS={part}" for part in ["core", *parts]),
        "cluster-down",
    ]
    assert summary.startswith(f"cluster tests that ran: core {' '.join(parts)}; no time for: none;")


def test_parts_that_would_take_too_long_are_named(tmp_path: Path) -> None:
    calls, summary = run(tmp_path, "00000001", 14)
    assert calls[-2:] == ["e2e PARTS=core", "cluster-down"]
    assert "no time for: scale faults;" in summary
