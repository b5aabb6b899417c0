"""Builds and drives `argolint`, the Go program beside this file: Argo's own linter, offline."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.goprogram.build import go_program

_SOURCE = Path(__file__).parent


@dataclass(frozen=True)
class ArgoLint:
    """The built program."""

    binary: Path

    def problems(self, files: Sequence[Path]) -> dict[str, list[str]]:
        """What is wrong with each file; a WorkflowTemplate that one refers to must be in another.

        The program fails on files of which two hold a template of one name.
        """
        command = [str(self.binary), *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        return {name: found or [] for name, found in answer.items()}


def build() -> ArgoLint:
    """The program; see `go_program`."""
    return ArgoLint(go_program(_SOURCE, "argolint", "workflows/ and what the operator makes of it"))
