"""Measurements of the tests on a cluster, kept for docs/cluster-figures.md."""

import json
from pathlib import Path

from generator.figures import RESULTS, read


class Figures:
    """Results by name, stored in a file: a later run replaces those that it measures again."""

    def __init__(self, file: Path = RESULTS) -> None:
        self._file = file
        self._measured: dict[str, str] = {}

    def note(self, name: str, value: str) -> None:
        """Stores a result; its text includes the unit."""
        self._measured[name] = value
        results = read(self._file) | self._measured
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(results, indent=1) + "\n")

    def lines(self) -> list[str]:
        """Returns this run's results, a line each."""
        return [f"{name}: {value}" for name, value in self._measured.items()]
