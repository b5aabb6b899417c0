"""What the tests measure: printed at the end of a run, and kept for `docs/cluster-figures.md`."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "build" / "e2e-figures.json"


class Figures:
    """Named results; a later run replaces those of the same name and keeps the others."""

    def __init__(self, file: Path = RESULTS) -> None:
        self._file = file
        self._taken: dict[str, str] = {}

    def note(self, name: str, value: str) -> None:
        """Keeps a result, with its unit in the text."""
        self._taken[name] = value
        known = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps({**known, **self._taken}, indent=1) + "\n")

    def lines(self) -> list[str]:
        """This run's results, a line each."""
        return [f"{name}: {value}" for name, value in self._taken.items()]
