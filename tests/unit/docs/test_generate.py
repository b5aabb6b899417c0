"""docs/generate.py writes the generated pages and detects stale ones."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generator import figures, metrics
from stockfeed.contract.metrics import EXPORTERS

DOCS = Path(__file__).parents[3] / "docs"


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DOCS / "generate.py"), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A copy of the pages, in a directory of its own."""
    for name in ("metrics.md", "cost.md"):
        shutil.copy(DOCS / name, tmp_path)
    return tmp_path


def test_committed_pages_are_current() -> None:
    assert generate("--check").returncode == 0


def test_names_a_stale_page_and_rewrites_it(pages: Path) -> None:
    page = pages / "metrics.md"
    good = page.read_text()
    page.write_text(good + "by hand\n")
    checked = generate("--check", "--docs", str(pages))
    assert checked.returncode == 1
    assert "metrics.md" in checked.stderr
    assert "cost.md" not in checked.stderr
    assert generate("--docs", str(pages)).returncode == 0
    assert page.read_text() == good


def test_every_metric_has_a_row() -> None:
    rows = [line for line in metrics.page().splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(exporter.metrics) for exporter in EXPORTERS)
    assert all(row.count(" | ") == 4 for row in rows)


def test_cluster_figures_are_a_table() -> None:
    text = figures.page({"b": "2 s", "a": "1 s"}, cores=2)
    assert "2 cores" in text
    assert text.endswith("| a | 1 s |\n| b | 2 s |\n")
