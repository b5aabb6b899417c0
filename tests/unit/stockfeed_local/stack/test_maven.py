"""Runs a stub script in place of mvn."""

from pathlib import Path

import pytest

from stockfeed_local.stack.maven import MavenError, copy_dependencies, release


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    return {"PATH": f"{tmp_path / 'bin'}:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}


def mvn(tmp_path: Path, script: str) -> None:
    path = tmp_path / "bin" / "mvn"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_release_contains_the_version_and_changes_with_the_pom(tmp_path: Path) -> None:
    pom = tmp_path / "pom.xml"
    pom.write_text("<other.version>9</other.version><it.version>1.2.0</it.version>")
    first = release(pom, "it")
    pom.write_text(f"{pom.read_text()}<!-- one more dependency -->")
    assert first.startswith("1.2.0-")
    assert release(pom, "it").startswith("1.2.0-")
    assert release(pom, "it") != first


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "echo '[ERROR] no network'; echo '[ERROR] more'; exit 1",
            "download the jars: no network$",
        ),
        ("echo killed >&2; exit 1", "download the jars: killed$"),
        ("exit 0", "download the jars: no output$"),  # and no directory
    ],
)
def test_failed_download_gives_the_reason(
    tmp_path: Path, env: dict[str, str], script: str, reason: str
) -> None:
    mvn(tmp_path, script)
    with pytest.raises(MavenError, match=reason):
        copy_dependencies(tmp_path / "pom.xml", tmp_path / "jars", "the jars", env)
