"""Calls of helm."""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from support.tools.programs import helm


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs helm with the arguments and captures standard output and error."""
    return subprocess.run([helm(), *arguments], capture_output=True, text=True, check=False)


def template(chart: Path, values: Path | None = None, *options: str) -> list[dict[str, Any]]:
    """Renders the chart's objects for release `sf` in namespace `streams`."""
    given = () if values is None else ("--values", str(values))
    done = run("template", "sf", str(chart), "--namespace", "streams", *given, *options)
    assert done.returncode == 0, done.stderr
    return [part for part in yaml.load_all(done.stdout, yaml.CSafeLoader) if part]
