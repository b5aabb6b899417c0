"""Jars by Maven coordinates: the runtime dependencies of a pom.xml, by the user's own `mvn`."""

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

_FETCH_SECONDS: Final = 300


class MavenError(ServiceError):
    """There is no Maven, or it cannot fetch; the message says which, and Maven's first error."""


def cache_root(env: Mapping[str, str]) -> Path:
    """$XDG_CACHE_HOME/stockfeed, else ~/.cache/stockfeed: all clones of this user share it."""
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stockfeed"


def release(pom: Path, name: str) -> str:
    """`<version>-<digest>`: the pom's property `<name>.version`, and all that the pom says."""
    text = pom.read_text()
    version = re.search(rf"<{re.escape(name)}\.version>(.+)</", text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{version[1] if version else name}-{digest}"


def copy_dependencies(pom: Path, target: Path, what: str, env: Mapping[str, str]) -> None:
    """Copies the pom's jars into `target`, which Maven creates; `what` names them in errors.

    Raises:
        MavenError: there is no mvn, or it cannot fetch them.
    """
    maven = shutil.which("mvn", path=env.get("PATH"))
    if maven is None:
        raise MavenError(f"no mvn in PATH to fetch {what} with; install Maven")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom), *goal]
    try:
        with locked(cache_root(env) / "maven.lock"):  # its local repository bears no second writer
            done = _run(command, env)
    except subprocess.TimeoutExpired as error:
        raise MavenError(f"mvn did not fetch {what} within {_FETCH_SECONDS} s") from error
    if done.returncode != 0 or not target.is_dir():
        raise MavenError(f"mvn cannot fetch {what}: {_first_error(done.stdout + done.stderr)}")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; the file and its directory are created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _run(command: list[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - fixed arguments, no shell
        command, env=env, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
    )


def _first_error(output: str) -> str:
    errors = re.findall(r"^\[ERROR\] (.+)$", output, re.MULTILINE)
    return str(errors[0]) if errors else output.strip()[-200:] or "it said nothing"
