"""Builds the Go programs that tests drive; their sources lie beside the Python that calls them."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_CACHE = Path.home() / ".cache" / "stockfeed"


def go_program(source: Path, name: str, judges: str) -> Path:
    """The binary, built when its sources or its modules changed; takes minutes the first time.

    Without Go the calling test is skipped with a loud reason; where CI is set it fails.

    Args:
        source: the directory of a main package with a go.mod of its own.
        name: of the program; its directory in the cache, which lies outside of the tree.
        judges: what goes unchecked without it.
    """
    if shutil.which("go") is None:
        _without_go(judges)
    cache = _CACHE / name
    cache.mkdir(parents=True, exist_ok=True)
    binary = cache / _fingerprint(source)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest's workers would build it at the same time
        if not binary.exists():
            _build(source, binary)
    return binary


def _without_go(judges: str) -> None:
    reason = (
        f"NOT CHECKED: {judges}. What judges them is a Go program, and there is no `go` on the "
        "PATH: install Go 1.26 or newer"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _build(source: Path, binary: Path) -> None:
    command = ["nice", "go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(binary), "."]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stderr}"


def _fingerprint(source: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted([*source.glob("*.go"), *source.glob("go.*")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
