"""Downloads the runtime dependencies of a pom.xml with the `mvn` that is installed."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stockfeed_local.stack.service import ServiceError

_DOWNLOAD_SECONDS: Final = 300


class MavenError(ServiceError):
    """Maven is not installed or cannot download; the message has Maven's first error."""


def cache_root(env: Mapping[str, str]) -> Path:
    """Returns $XDG_CACHE_HOME/stockfeed, or ~/.cache/stockfeed; all of a user's clones share it."""
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stockfeed"


def release(pom: Path, name: str) -> str:
    """Returns `<version>-<digest>`: the pom's property `<name>.version`, and a hash of the pom."""
    text = pom.read_text()
    version = re.search(rf"<{re.escape(name)}\.version>(.+)</", text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{version[1] if version else name}-{digest}"


def copy_dependencies(pom: Path, target: Path, label: str, env: Mapping[str, str]) -> None:
    """Copies the jars of a pom's runtime dependencies into a directory.

    Args:
        pom: The pom.xml.
        target: The directory, which Maven creates.
        label: Name of the jars in error messages.
        env: Environment of `mvn`; its PATH is searched for it.

    Raises:
        MavenError: Maven is not installed, or it cannot download the jars.
    """
    maven = shutil.which("mvn", path=env.get("PATH"))
    if maven is None:
        raise MavenError(f"cannot download {label}: no mvn in PATH; install Maven")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom), *goal]
    try:
        with locked(
            cache_root(env) / "maven.lock"
        ):  # Maven's local repository is not safe for two writers
            done = _run(command, env)
    except subprocess.TimeoutExpired as error:
        raise MavenError(f"mvn did not download {label} within {_DOWNLOAD_SECONDS} s") from error
    if done.returncode != 0 or not target.is_dir():
        raise MavenError(f"mvn cannot download {label}: {_first_error(done.stdout + done.stderr)}")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock across processes; creates the lock file and its directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _run(command: list[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - fixed arguments, no shell
        command, env=env, capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=False
    )


def _first_error(output: str) -> str:
    errors = re.findall(r"^\[ERROR\] (.+)$", output, re.MULTILINE)
    return str(errors[0]) if errors else output.strip()[-200:] or "no output"
