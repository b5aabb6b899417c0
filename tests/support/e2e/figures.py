"""What the tests measure: printed at the end of a run, and kept in `docs/cluster-figures.md`.

`python -m support.e2e.figures` writes that page from the last runs of all parts.
"""

import json
import os
from pathlib import Path

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "build" / "e2e-figures.json"
PAGE = ROOT / "docs" / "cluster-figures.md"

_HEAD = """\
# Figures of the cluster tests

Measured by `make e2e` on one machine of {cores} cores, with the cluster, the platform and the feeds
on it; written by `make cluster-figures`. They show that things work in time, not how fast they
could be elsewhere.

| what | result |
|---|---|
"""


class Figures:
    """Named results; a later run replaces those of the same name and keeps the others."""

    def __init__(self, file: Path = RESULTS) -> None:
        self._file = file
        self._taken: dict[str, str] = {}

    def note(self, name: str, value: str) -> None:
        """Keeps a result, with its unit in the text."""
        self._taken[name] = value
        known = _read(self._file)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps({**known, **self._taken}, indent=1) + "\n")

    def lines(self) -> list[str]:
        """This run's results, a line each."""
        return [f"{name}: {value}" for name, value in self._taken.items()]


def page(results: dict[str, str], cores: int) -> str:
    """The page, Markdown."""
    rows = "".join(f"| {name} | {value} |\n" for name, value in sorted(results.items()))
    return _HEAD.format(cores=cores) + rows


def _read(file: Path) -> dict[str, str]:
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return known


if __name__ == "__main__":
    PAGE.write_text(page(_read(RESULTS), os.cpu_count() or 1))
