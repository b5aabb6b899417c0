"""prometheus and promtool: the machine's own, else out of Debian's package, kept in a cache.

`python tests/support/prometheus/tool.py promtool` prints a path.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_CACHE = Path.home() / ".cache" / "stockfeed" / "prometheus"


def binary(name: str) -> Path:
    """The program `prometheus` or `promtool`.

    The package is unpacked, not installed: its installation would start a service. Where there is
    neither the program nor apt, the calling test is skipped with a loud reason; with CI set it
    fails.
    """
    found = shutil.which(name)
    if found is not None:
        return Path(found)
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest's workers would fetch it at the same time
        unpacked = _CACHE / "package" / "usr" / "bin" / name
        if not unpacked.exists():
            _fetch()
        return unpacked


def _fetch() -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        _without()
    if _run("apt-get", "download", "prometheus"):
        # A new machine has no lists of packages, an old one may name a version that is gone.
        assert not (error := _run("apt-get", "update")), error
        assert not (error := _run("apt-get", "download", "prometheus")), error
    package = max(_CACHE.glob("prometheus_*.deb"), key=lambda path: path.stat().st_mtime)
    part = _CACHE / "part"
    shutil.rmtree(part, ignore_errors=True)
    assert not (error := _run("dpkg-deb", "--extract", package.name, part.name)), error
    part.rename(_CACHE / "package")
    package.unlink()


def _run(*command: str) -> str:
    """What the command says when it fails; empty when it does not."""
    done = subprocess.run(command, cwd=_CACHE, capture_output=True, text=True, check=False)
    return f"{' '.join(command)}:\n{done.stderr}" if done.returncode else ""


def _without() -> None:
    reason = (
        "NOT CHECKED: queries of dashboards and alerts. What judges them is Prometheus itself, and "
        "neither it nor apt is there: install Debian's package `prometheus`, or your system's"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


if __name__ == "__main__":
    print(binary(*sys.argv[1:] or ["prometheus"]))
