"""Tests of docs/generate.py."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stockfeed.contract.metrics import EXPORTERS

DOCS = Path(__file__).parents[3] / "docs"


def generate(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script and its page in a directory of their own."""
    shutil.copy(DOCS / "metrics.md", tmp_path)
    return Path(shutil.copy(DOCS / "generate.py", tmp_path))


def test_committed_page_matches_the_catalogue(script):
    assert generate(script, "--check").returncode == 0


def test_reports_and_rewrites_an_outdated_page(script):
    page = script.with_name("metrics.md")
    good = page.read_text()
    page.write_text(good + "by hand\n")
    checked = generate(script, "--check")
    assert (checked.returncode, "metrics.md is out of date" in checked.stderr) == (1, True)
    assert generate(script).returncode == 0
    assert page.read_text() == good


def test_every_metric_has_its_row():
    page = runpy.run_path(str(DOCS / "generate.py"))["page"]()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(exporter.metrics) for exporter in EXPORTERS)
    assert all(row.count(" | ") == 4 for row in rows)
