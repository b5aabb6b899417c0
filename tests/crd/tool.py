"""Builds and drives `crdcheck`, the Go program beside this file: the API server's own judgement."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_SOURCE = Path(__file__).parent
_CACHE = _SOURCE.parents[1] / ".cache" / "crdcheck"


@dataclass(frozen=True)
class Subject:
    """An object to judge; with `old`, as an update of that."""

    feed: dict[str, Any]
    old: dict[str, Any] | None = None


@dataclass(frozen=True)
class Verdict:
    """What is wrong with each CRD, by file, and with each object, in the order given."""

    crds: dict[str, list[str]]
    objects: list[list[str]]


@dataclass(frozen=True)
class CrdCheck:
    """The built program."""

    binary: Path

    def judge(self, crds: Sequence[Path], subjects: Sequence[Subject] = ()) -> Verdict:
        """Judges the CRDs, then the objects by these CRDs; a kind without one is an error."""
        request = {
            "crds": [str(path) for path in crds],
            "objects": [{"object": subject.feed, "old": subject.old} for subject in subjects],
        }
        done = subprocess.run(
            [self.binary], input=json.dumps(request), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        return Verdict(
            {name: found or [] for name, found in answer["crds"].items()},
            [found or [] for found in answer["objects"]],
        )


def build() -> CrdCheck:
    """The program, built when its sources or its modules changed; takes minutes the first time.

    Without Go the calling test is skipped with a loud reason; where CI is set it fails.
    """
    if shutil.which("go") is None:
        _without_go()
    _CACHE.mkdir(parents=True, exist_ok=True)
    binary = _CACHE / _fingerprint()
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest's workers would build it at the same time
        if not binary.exists():
            _build(binary)
    return CrdCheck(binary)


def _without_go() -> None:
    reason = (
        "NOT CHECKED: the CRD, its CEL rules and all custom objects. The API server's own "
        "validator is a Go program, and there is no `go` on the PATH: install Go 1.26 or newer"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _build(binary: Path) -> None:
    command = ["nice", "go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(binary), "."]
    done = subprocess.run(command, cwd=_SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stderr}"


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted([*_SOURCE.glob("*.go"), *_SOURCE.glob("go.*")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
