"""The images' contents."""

import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from support.images import engine

VERSION = tomllib.loads((engine.ROOT / "pyproject.toml").read_text())["project"]["version"]
PYTHON = {"python_version": "3.11", "python_full_version": "3.11.2", "extra": ""}
every_image = pytest.mark.parametrize("image", engine.IMAGES)


def output(reference: str, *command: str) -> str:
    result = engine.run(reference, *command)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@every_image
def test_runs_as_a_numeric_non_root_user(built: Callable[[str], str], image: str) -> None:
    assert engine.inspect(built(image))["Config"]["User"] == "65532:65532"
    assert (
        output(built(image), "id")
        == "uid=65532(stockfeed) gid=65532(stockfeed) groups=65532(stockfeed)"
    )


@every_image
def test_user_cannot_write_to_the_image(built: Callable[[str], str], image: str) -> None:
    find = "find / -xdev ( -path /dev -o -path /proc -o -path /run ) -prune -o -writable"
    only = "! -type l ! -path /tmp ! -path /var/tmp ! -path /run/lock -print"
    found = engine.tool(
        "podman", "run", "--rm", "--network", "none", built(image), *find.split(), *only.split()
    )
    assert found.stdout.split() == []
    refused = engine.run(built(image), "touch", "/opt/stockfeed/new")
    assert "Read-only file system" in refused.stderr


@every_image
def test_contains_exactly_the_locked_packages(built: Callable[[str], str], image: str) -> None:
    code = (
        "import importlib.metadata as m, json\n"
        "print(json.dumps({d.name: d.version for d in m.distributions("
        "path=['/opt/stockfeed/lib/python3.11/site-packages'])}))"
    )
    found = json.loads(output(built(image), "python", "-c", code))
    assert {_plain(name): version for name, version in found.items()} == {
        "stockfeed": VERSION,
        **dict(locked(image)),
    }


def locked(role: str) -> Iterator[tuple[str, str]]:
    for line in (engine.ROOT / f"requirements/{role}.txt").read_text().splitlines():
        if "==" in line and not line.lstrip().startswith("#"):
            requirement = Requirement(line.rstrip("\\ "))
            if requirement.marker is None or requirement.marker.evaluate(PYTHON):
                yield _plain(requirement.name), str(requirement.specifier).removeprefix("==")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    ("image", "ours", "commands"),
    [
        ("operator", {"stockfeed", "stockfeed_operator"}, {"stockfeed-operator"}),
        ("pipeline", {"stockfeed"}, {"stockfeed"}),
        ("dbt", {"stockfeed"}, {"stockfeed", "dbt"}),
        ("local", {"stockfeed", "stockfeed_local"}, {"stockfeed", "weed"}),
    ],
)
def test_contains_only_the_code_of_its_role(
    built: Callable[[str], str], image: str, ours: set[str], commands: set[str]
) -> None:
    packages = output(built(image), "ls", "/opt/stockfeed/lib/python3.11/site-packages").split()
    ended = {name for name in packages if name.startswith("stockfeed") and "dist-info" not in name}
    assert ended == ours
    found = output(built(image), "ls", "/opt/stockfeed/bin").split()
    assert {name for name in found if not name.startswith("python")} == commands


def test_operator_image_contains_shared_modules_and_workflow_files(
    built: Callable[[str], str],
) -> None:
    place = "/opt/stockfeed/lib/python3.11/site-packages"
    found = output(
        built("operator"), "find", f"{place}/stockfeed", "-mindepth", "1", "-maxdepth", "1",
        "-not", "-name", "__pycache__", "-printf", "%f\n",
    )  # fmt: skip
    assert set(found.split()) == {"__init__.py", "py.typed", "contract", "httpserver.py"}
    packed = output(
        built("operator"), "find", f"{place}/stockfeed_operator/workflows", "-type", "f",
        "-printf", "%f\n",
    )  # fmt: skip
    assert set(packed.split()) == {file.name for file in (engine.ROOT / "workflows").glob("*.yaml")}


@every_image
def test_labels_describe_the_image(built: Callable[[str], str], image: str) -> None:
    labels = engine.inspect(built(image))["Labels"]
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=engine.ROOT, capture_output=True, text=True, check=True
    )
    prefix = "org.opencontainers.image."
    assert labels[f"{prefix}title"] == f"stockfeed/{image}"
    assert labels[f"{prefix}version"] == VERSION
    assert labels[f"{prefix}licenses"] == "Apache-2.0"
    assert labels[f"{prefix}base.name"] == engine.base()
    assert re.fullmatch("[0-9a-f]{40}", labels[f"{prefix}revision"]), revision.stdout
    assert labels[f"{prefix}description"]


@every_image
def test_contains_nothing_of_the_build_machine(built: Callable[[str], str], image: str) -> None:
    names = "( -name pip.conf -o -path /opt/tools -o -path */.cache/* -o -path /src )"
    found = engine.tool(
        "podman", "run", "--rm", "--network", "none", "--user", "0", built(image),
        "find", "/", "-xdev", *names.split(),
    )  # fmt: skip
    assert (found.returncode, found.stdout) == (0, "")
    config = engine.inspect(built(image))
    assert not config.get("Healthcheck")
    text = engine.history(built(image)) + json.dumps(config["Config"])
    for word in ("index-url", "trusted-host", "PIP_", "secret", "@"):
        assert word not in text
    bundle = ("sha256sum", "/etc/ssl/certs/ca-certificates.crt")
    assert output(built(image), *bundle) == output(engine.base(), *bundle)


@every_image
def test_all_our_modules_are_compiled(built: Callable[[str], str], image: str) -> None:
    code = (
        "import pathlib, importlib.util as u\n"
        "for f in pathlib.Path('/opt/stockfeed/lib').rglob('stockfeed*/**/*.py'):\n"
        "    assert pathlib.Path(u.cache_from_source(str(f))).exists(), f\n"
        "    print(f)"
    )
    assert "__init__.py" in output(built(image), "python", "-c", code)


def test_archive_contains_the_images_under_their_names(
    built: Callable[[str], str], tmp_path: Path
) -> None:
    file = tmp_path / "images.tar"
    engine.save([built("pipeline")], file)
    manifest = subprocess.run(
        ["tar", "-xOf", file, "manifest.json"], capture_output=True, check=True
    )
    assert json.loads(manifest.stdout)[0]["RepoTags"] == [f"docker.io/stockfeed/pipeline:{VERSION}"]
