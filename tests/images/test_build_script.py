"""`images/build.sh` with stand-ins for engines, which record their calls."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.images import engine

RECORDING = '#!/bin/sh\nprintf "%s\\n" "$*" >> "$CALLS"\n'
SHOWING_THE_SECRET = """#!/bin/bash
for word; do
  [[ $word != id=pip,src=* ]] || echo "$(< "${word#id=pip,src=}")" >> "$CALLS"
done
"""
BROKEN = "#!/bin/sh\nexit 1\n"

Result = tuple[subprocess.CompletedProcess[str], list[str]]


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Result]:
    """Runs the script where only the given engines exist.

    Returns the result and the engines' build calls.
    """
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("bash", "env", "awk", "dirname", "git", "mktemp", "rm"):
        (directory / name).symlink_to(subprocess.getoutput(f"command -v {name}"))
    (directory / "python3").symlink_to(sys.executable)

    def run(*images: str, engines: dict[str, str], **environment: str) -> Result:
        for name, text in engines.items():
            (directory / name).write_text(text)
            (directory / name).chmod(0o755)
        calls = tmp_path / "calls"
        result = subprocess.run(
            [engine.ROOT / "images/build.sh", *images], capture_output=True, text=True, check=False,
            env={"PATH": str(directory), "CALLS": str(calls), "HOME": str(tmp_path), **environment},
        )  # fmt: skip
        made = calls.read_text().splitlines() if calls.exists() else []
        return result, [call for call in made if call.startswith("build ")]

    return run


@pytest.mark.parametrize("name", ["docker", "podman", "buildah"])
def test_uses_the_installed_engine(script: Callable[..., Result], name: str) -> None:
    result, builds = script("dbt", engines={name: RECORDING})
    assert result.returncode == 0, result.stderr
    assert len(builds) == 1
    assert "--file images/dbt/Dockerfile --tag docker.io/stockfeed/dbt:" in builds[0]
    assert result.stderr.startswith(f"{name} builds docker.io/stockfeed/dbt:")


def test_skips_docker_without_a_daemon(script: Callable[..., Result]) -> None:
    result, builds = script("dbt", engines={"docker": BROKEN, "podman": RECORDING})
    assert result.returncode == 0
    assert "--layers" in builds[0]


def test_builds_all_images_unless_some_are_named(script: Callable[..., Result]) -> None:
    result, builds = script(engines={"podman": RECORDING}, TAG="1.2", PREFIX="registry.test/a")
    assert len(builds) == len(engine.IMAGES)
    assert result.stdout.split() == [f"registry.test/a/{image}:1.2" for image in engine.IMAGES]


def test_passes_base_tag_and_source_to_the_build(script: Callable[..., Result]) -> None:
    _, builds = script("operator", engines={"podman": RECORDING}, BASE="b:1", TAG="9", SOURCE="s:2")
    for part in ("BASE=b:1", "VERSION=9", "SOURCE=s:2", "--secret id=pip,src="):
        assert part in builds[0]


@pytest.mark.parametrize(
    ("images", "environment", "message"),
    [
        ([], {}, "no working container engine: tried docker, podman, buildah"),
        ([], {"ENGINE": "docker"}, "no working container engine: tried docker."),
        ([], {"ENGINE": "kaniko"}, "it must be docker, podman or buildah"),
        (["pipelin"], {}, "unknown image 'pipelin'; the images are: operator pipeline dbt local"),
    ],
)
def test_explains_why_it_cannot_build(
    script: Callable[..., Result], images: list[str], environment: dict[str, str], message: str
) -> None:
    result, builds = script(*images, engines={"docker": BROKEN}, **environment)
    assert result.returncode == 1
    assert message in result.stderr
    assert builds == []


def test_passes_pips_index_settings_as_a_build_secret(
    script: Callable[..., Result], tmp_path: Path
) -> None:
    settings = {"PIP_INDEX_URL": "https://index.test/simple", "PIP_FIND_LINKS": "/host/only"}
    script("dbt", engines={"podman": SHOWING_THE_SECRET}, **settings)
    text = (tmp_path / "calls").read_text()
    assert "index-url = https://index.test/simple" in text
    assert "/host/only" not in text


def test_builds_on_a_host_without_pip(script: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "bin/python3").unlink()
    result, builds = script("dbt", engines={"podman": RECORDING})
    assert result.returncode == 0
    assert len(builds) == 1
