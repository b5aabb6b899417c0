"""Apache Kafka's jars by Maven coordinates, fetched once, and the Java that runs them."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stockfeed_local.stack.service import ServiceError

POM: Final = Path(__file__).parent / "kafka" / "pom.xml"

_OLDEST_JAVA: Final = 17  # Kafka 4's brokers
_FETCH_SECONDS: Final = 300


class KafkaUnavailableError(ServiceError):
    """Apache Kafka cannot run on this machine; the message says what is missing."""


def find_java(env: Mapping[str, str]) -> str:
    """The `java` of JAVA_HOME, else of PATH.

    Raises:
        KafkaUnavailableError: there is none, or it is too old.
    """
    home = env.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else env.get("PATH"))
    if java is None:
        where = f"JAVA_HOME ({home})" if home else "PATH"
        raise KafkaUnavailableError(f"no java in {where}; install a JDK >= {_OLDEST_JAVA}")
    version = _java_version(java)
    if version < _OLDEST_JAVA:
        raise KafkaUnavailableError(
            f"{java} is Java {version}; Kafka needs a JDK >= {_OLDEST_JAVA}"
        )
    return java


def kafka_jars(env: Mapping[str, str]) -> Path:
    """The directory of Kafka's jars; Maven fetches them the first time only.

    It lies in $XDG_CACHE_HOME/stockfeed (~/.cache/stockfeed), so that all clones share it, and
    is named after the version and the content of `kafka/pom.xml`.

    Raises:
        KafkaUnavailableError: they are not there and cannot be fetched.
    """
    root = Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stockfeed" / "kafka"
    jars = root / _jars_name(POM.read_text())
    if jars.exists():
        return jars
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root / "lock"):
        if not jars.exists():  # another process may have fetched them meanwhile
            _fetch(jars, env)
    return jars


def _jars_name(pom: str) -> str:
    version = re.search(r"<kafka\.version>(.+)</kafka\.version>", pom)
    digest = hashlib.sha256(pom.encode()).hexdigest()[:8]
    return f"{version[1] if version else 'kafka'}-{digest}"


def _fetch(jars: Path, env: Mapping[str, str]) -> None:
    maven = shutil.which("mvn", path=env.get("PATH"))
    if maven is None:
        raise KafkaUnavailableError("no mvn in PATH to fetch Kafka's jars with; install Maven")
    # Complete or not at all: the directory gets its name when everything is in it.
    with tempfile.TemporaryDirectory(dir=jars.parent) as partial:
        _copy_dependencies(maven, Path(partial) / "jars", env)
        (Path(partial) / "jars").rename(jars)


def _copy_dependencies(maven: str, target: Path, env: Mapping[str, str]) -> None:
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    command = [maven, "--batch-mode", "--quiet", "--file", str(POM), *goal]
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            command, env=env, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"mvn did not fetch Kafka's jars within {_FETCH_SECONDS} s"
        raise KafkaUnavailableError(message) from error
    if done.returncode != 0 or not target.is_dir():
        raise KafkaUnavailableError(
            f"mvn cannot fetch Kafka's jars: {_first_error(done.stdout + done.stderr)}"
        )


def _first_error(output: str) -> str:
    errors = re.findall(r"^\[ERROR\] (.+)$", output, re.MULTILINE)
    return str(errors[0]) if errors else output.strip()[-200:] or "it said nothing"


def _java_version(java: str) -> int:
    done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [java, "-version"], capture_output=True, text=True, timeout=30, check=False
    )
    version = re.search(r'version "(?:1\.)?(\d+)', done.stderr)  # Java 8 calls itself 1.8
    return int(version[1]) if version else 0


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time: Maven's local repository bears no second writer."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
