"""Apache Kafka's jars by Maven coordinates, fetched once, and the Java that runs them."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from stockfeed_local.stack import maven
from stockfeed_local.stack.service import ServiceError

POM: Final = Path(__file__).parent / "kafka" / "pom.xml"

_OLDEST_JAVA: Final = 17  # Kafka 4's brokers


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
    jars = maven.cache_root(env) / "kafka" / maven.release(POM, "kafka")
    if jars.exists():
        return jars
    with maven.locked(jars.parent / "lock"):
        if not jars.exists():  # another process may have fetched them meanwhile
            _fetch(jars, env)
    return jars


def _fetch(jars: Path, env: Mapping[str, str]) -> None:
    # Complete or not at all: the directory gets its name when everything is in it.
    with tempfile.TemporaryDirectory(dir=jars.parent) as partial:
        fetched = Path(partial) / "jars"
        try:
            maven.copy_dependencies(POM, fetched, "Kafka's jars", env)
        except maven.MavenError as error:
            raise KafkaUnavailableError(str(error)) from error
        fetched.rename(jars)


def _java_version(java: str) -> int:
    done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [java, "-version"], capture_output=True, text=True, timeout=30, check=False
    )
    version = re.search(r'version "(?:1\.)?(\d+)', done.stderr)  # Java 8 calls itself 1.8
    return int(version[1]) if version else 0
