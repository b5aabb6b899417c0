"""kind-config.yaml, loaded by the real kind."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from support.kind.world import ROOT
from support.tools.programs import KIND, kind

CONFIG = ROOT / "kind-config.yaml"

# Responds to kind's calls before the start of a node, which then fails.
ENGINE = """#!/bin/sh
echo "$*" >> "$CALLS"
case $1 in
  -v) echo "Docker version 28.0.0" ;;
  info) echo '{"CgroupDriver": "systemd", "CgroupVersion": "2", "MemoryLimit": true}' ;;
  run) exit 125 ;;
esac
"""


class Kind:
    """The real kind with an engine that starts nothing."""

    def __init__(self, home: Path) -> None:
        self._home = home
        engine = home / "docker"
        engine.write_text(ENGINE)
        engine.chmod(0o755)

    def create(self, config: Path) -> str:
        """Returns kind's output for the configuration."""
        environment = {
            "PATH": f"{self._home}:{os.environ['PATH']}",
            "HOME": str(self._home),
            "CALLS": str(self._home / "calls"),
        }
        done = subprocess.run(
            [kind(), "create", "cluster", "--config", config],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr

    def node(self) -> list[str]:
        """Returns the engine's command line for the node."""
        (call,) = [
            line for line in (self._home / "calls").read_text().splitlines() if line[:4] == "run "
        ]
        return call.split()


@pytest.fixture
def real_kind(tmp_path: Path) -> Kind:
    return Kind(tmp_path)


def test_kind_accepts_the_configuration_and_starts_its_node(real_kind: Kind) -> None:
    said = real_kind.create(CONFIG)

    assert 'Creating cluster "stockfeed"' in said
    node = real_kind.node()
    assert node[node.index("--name") + 1] == "stockfeed-control-plane"
    assert node[-1] == yaml.safe_load(CONFIG.read_text())["nodes"][0]["image"]


def test_kind_rejects_unknown_fields(real_kind: Kind, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(CONFIG.read_text().replace("image:", "imag:"))

    assert "field imag not found" in real_kind.create(wrong)


def test_node_image_is_the_default_of_the_pinned_kind() -> None:
    kind()  # skips the test if there is no Go
    source = KIND.dependency("sigs.k8s.io/kind")
    defaults = (source / "pkg/apis/config/defaults/image.go").read_text()
    (image,) = re.findall(r'const Image = "(.+)"', defaults)

    assert yaml.safe_load(CONFIG.read_text())["nodes"] == [
        {"role": "control-plane", "image": image}
    ]
