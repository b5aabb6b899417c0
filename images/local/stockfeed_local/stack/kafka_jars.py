"""Finds Java, and downloads Apache Kafka's jars once by Maven coordinates."""

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

_OLDEST_JAVA: Final = 17  # Kafka 4.0's release notes: brokers require Java 17


class KafkaUnavailableError(ServiceError):
    """Apache Kafka cannot run on this machine; the message says what is missing."""


def find_java(env: Mapping[str, str]) -> str:
    """Returns the path of `java` in JAVA_HOME, or in PATH if JAVA_HOME is not set.

    Raises:
        KafkaUnavailableError: There is no Java, or it is too old.
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
    """Returns the directory of Kafka's jars; downloads them with Maven if it does not exist.

    It is in $XDG_CACHE_HOME/stockfeed (default: ~/.cache/stockfeed), so that all clones share it.
    Its name contains the version and a digest of `kafka/pom.xml`.

    Raises:
        KafkaUnavailableError: The jars are missing and cannot be downloaded.
    """
    jars = maven.cache_root(env) / "kafka" / maven.release(POM, "kafka")
    if jars.exists():
        return jars
    with maven.locked(jars.parent / "lock"):
        if not jars.exists():  # another process may have downloaded them in the meantime
            _download(jars, env)
    return jars


def _download(jars: Path, env: Mapping[str, str]) -> None:
    # Atomic: the directory gets its final name once all jars are in it.
    with tempfile.TemporaryDirectory(dir=jars.parent) as partial:
        downloaded = Path(partial) / "jars"
        try:
            maven.copy_dependencies(POM, downloaded, "Kafka's jars", env)
        except maven.MavenError as error:
            raise KafkaUnavailableError(str(error)) from error
        downloaded.rename(jars)


def _java_version(java: str) -> int:
    done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [java, "-version"], capture_output=True, text=True, timeout=30, check=False
    )
    version = re.search(r'version "(?:1\.)?(\d+)', done.stderr)  # Java 8 calls itself 1.8
    return int(version[1]) if version else 0
