"""Builds and runs `argolint`, the Go program beside this file: Argo's own linter, run offline."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.tools.cache import required_for
from support.tools.go import GoTool

_TOOL = GoTool("argolint", Path(__file__).parent)


@dataclass(frozen=True)
class ArgoLint:
    """The built program."""

    binary: Path

    def problems(self, files: Sequence[Path]) -> dict[str, list[str]]:
        """Returns the problems of each file, by path.

        A WorkflowTemplate that a file references must be in another of the files. The program fails
        if two files contain templates with the same name.
        """
        command = [str(self.binary), *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        return {name: found or [] for name, found in answer.items()}


def build() -> ArgoLint:
    """Builds the program; skips or fails the calling test if there is no Go."""
    with required_for("workflows/ and the Workflows that the operator creates"):
        return ArgoLint(_TOOL.build() / "argolint")
