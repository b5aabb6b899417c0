"""Builds and runs `crdcheck`, the Go program beside this file: the API server's own validation."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.tools.cache import required_for
from support.tools.go import GoTool

_TOOL = GoTool("crdcheck", Path(__file__).parent)


@dataclass(frozen=True)
class Subject:
    """An object to validate; if `old` is set, as an update of it."""

    feed: dict[str, Any]
    old: dict[str, Any] | None = None


@dataclass(frozen=True)
class Verdict:
    """The problems of each CRD, by file, and of each object, in the given order."""

    crds: dict[str, list[str]]
    objects: list[list[str]]


@dataclass(frozen=True)
class CrdCheck:
    """The built program."""

    binary: Path

    def judge(self, crds: Sequence[Path], subjects: Sequence[Subject] = ()) -> Verdict:
        """Validates the CRDs, then the objects against them.

        An object whose kind has none of the CRDs is an error.
        """
        request = {
            "crds": [str(path) for path in crds],
            "objects": [{"object": subject.feed, "old": subject.old} for subject in subjects],
        }
        done = subprocess.run(
            [self.binary], input=json.dumps(request), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        return Verdict(
            {name: found or [] for name, found in answer["crds"].items()},
            [found or [] for found in answer["objects"]],
        )


def build() -> CrdCheck:
    """Builds the program; skips or fails the calling test if there is no Go."""
    with required_for("the CRD, its CEL rules, all custom objects"):
        return CrdCheck(_TOOL.build() / "crdcheck")
