"""Runs stub scripts in place of java and mvn."""

from pathlib import Path

import pytest

from stockfeed_local.stack.kafka_jars import KafkaUnavailableError, find_java, kafka_jars

WORKING_MVN = """#!/bin/sh
for argument; do case $argument in -DoutputDirectory=*) target=${argument#*=};; esac; done
mkdir -p "$target" && echo jar > "$target/kafka.jar"
"""


def program(directory: Path, name: str, script: str) -> None:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(script)
    path.chmod(0o755)


def java(directory: Path, version: str) -> None:
    program(directory, "java", f"#!/bin/sh\necho 'openjdk version \"{version}\" x' >&2\n")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty PATH directory and an empty cache."""
    (tmp_path / "bin").mkdir()
    return {"PATH": f"{tmp_path / 'bin'}", "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.mark.parametrize("version", ["17.0.15", "25"])
def test_finds_java_in_path(tmp_path: Path, env: dict[str, str], version: str) -> None:
    java(tmp_path / "bin", version)

    assert find_java(env) == str(tmp_path / "bin" / "java")


def test_java_home_takes_precedence_over_path(tmp_path: Path, env: dict[str, str]) -> None:
    java(tmp_path / "bin", "17.0.1")
    (tmp_path / "jdk").mkdir()
    java(tmp_path / "jdk" / "bin", "21")

    found = find_java({**env, "JAVA_HOME": str(tmp_path / "jdk")})

    assert found == str(tmp_path / "jdk" / "bin" / "java")


@pytest.mark.parametrize(("version", "major"), [("11.0.2", 11), ("1.8.0_392", 8)])
def test_old_java_raises_error_with_its_version(
    tmp_path: Path, env: dict[str, str], version: str, major: int
) -> None:
    java(tmp_path / "bin", version)

    with pytest.raises(KafkaUnavailableError, match=f"is Java {major}; Kafka needs a JDK >= 17"):
        find_java(env)


def test_missing_java_raises_error_with_the_searched_location(env: dict[str, str]) -> None:
    with pytest.raises(KafkaUnavailableError, match="no java in PATH; install a JDK >= 17"):
        find_java(env)
    with pytest.raises(KafkaUnavailableError, match=r"no java in JAVA_HOME \(/none\)"):
        find_java({**env, "JAVA_HOME": "/none"})


def test_jars_are_downloaded_once(tmp_path: Path, env: dict[str, str]) -> None:
    env["PATH"] += ":/usr/bin:/bin"
    program(tmp_path / "bin", "mvn", WORKING_MVN)
    first = kafka_jars(env)
    program(tmp_path / "bin", "mvn", "#!/bin/sh\nexit 1\n")

    assert kafka_jars(env) == first
    assert [jar.name for jar in first.iterdir()] == ["kafka.jar"]
    assert first.is_relative_to(tmp_path / "cache" / "stockfeed" / "kafka")
    assert first.name.startswith("4.")


def test_missing_maven_raises_error(env: dict[str, str]) -> None:
    with pytest.raises(KafkaUnavailableError, match="no mvn in PATH"):
        kafka_jars(env)


def test_failed_download_shows_mavens_first_error_and_leaves_no_partial_cache(
    tmp_path: Path, env: dict[str, str]
) -> None:
    env["PATH"] += ":/usr/bin:/bin"
    script = "#!/bin/sh\necho '[ERROR] no network'; echo '[ERROR] more'; exit 1\n"
    program(tmp_path / "bin", "mvn", script)

    for _ in range(2):
        with pytest.raises(
            KafkaUnavailableError, match=r"cannot download Kafka's jars: no network$"
        ):
            kafka_jars(env)

    left = [path.name for path in (tmp_path / "cache" / "stockfeed" / "kafka").iterdir()]
    assert left == ["lock"]
