"""docs/cluster-figures.md, from what the last runs of `make e2e` measured."""

import json
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).parents[2] / "build" / "e2e-figures.json"
"""Written by the tests on a cluster: the result of each measurement by its name."""

_HEAD = """\
# Figures of the cluster tests

Measured by `make e2e` on one machine with {cores} cores, which runs the cluster, the platform and
the feeds; written by `make cluster-figures`. The figures show that things happen in time, not how
fast they could be elsewhere.

| measurement | result |
|---|---|
"""


def read(file: Path = RESULTS) -> dict[str, str]:
    """Returns the results by name; empty if no test has run yet."""
    results: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return results


def page(results: dict[str, str], cores: int) -> str:
    """Returns the page's text."""
    rows = "".join(f"| {name} | {value} |\n" for name, value in sorted(results.items()))
    return _HEAD.format(cores=cores) + rows
