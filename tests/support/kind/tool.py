"""Builds kind and a parser of shell scripts from their Go modules, each pinned by a go.sum."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stockfeed" / "kind"

KIND_MODULE = _ROOT / "charts" / "kind" / "tools"


def kind() -> Path:
    """The kind that `make kind-up` builds where the machine has none."""
    return _built(KIND_MODULE, "sigs.k8s.io/kind")


def shfmt() -> Path:
    """shfmt, whose `--to-json` prints the syntax tree of a script."""
    return _built(_HERE, "mvdan.cc/sh/v3/cmd/shfmt")


def module_directory(module: Path, name: str) -> Path:
    """Where Go keeps the source of a module that `module` requires."""
    _need_go()
    return Path(json.loads(_go(module, "mod", "download", "-json", name).stdout)["Dir"])


def _built(module: Path, package: str) -> Path:
    """The package's binary, built when the module's pins changed."""
    _need_go()
    pins = b"".join((module / name).read_bytes() for name in ("go.mod", "go.sum"))
    binary = _CACHE / f"{package.rpartition('/')[2]}-{hashlib.sha256(pins).hexdigest()[:16]}"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest's workers would build it at the same time
        if not binary.exists():
            _go(module, "build", "-trimpath", "-ldflags=-s -w", "-o", str(binary), package)
    return binary


def _go(module: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["nice", "go", "-C", str(module), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stderr}"
    return done


def _need_go() -> None:
    if shutil.which("go") is not None:
        return
    reason = (
        "NOT CHECKED: the scripts behind `make kind-…` and kind-config.yaml. kind and the parser "
        "of shell scripts are Go programs, and there is no `go` on the PATH: install Go 1.25"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
