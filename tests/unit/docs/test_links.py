"""Links and paths in the Markdown pages lead to files that exist."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TRACKED = subprocess.run(
    ["git", "-C", str(ROOT), "ls-files", "*.md"], capture_output=True, text=True, check=True
).stdout.split()
# Pages that name files by their path from the repository's root.
NAMING = ["CONTRIBUTING.md", "README.md", "docs/architecture.md"]
TOPS = "charts|dbt_stocks|docs|images|operator|tests|workflows"


@pytest.mark.parametrize("page", TRACKED)
def test_relative_links_lead_to_files(page: str) -> None:
    here = (ROOT / page).parent
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (ROOT / page).read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (here / target).exists()] == []


@pytest.mark.parametrize("page", NAMING)
def test_paths_from_the_root_exist(page: str) -> None:
    named = set(re.findall(rf"`((?:{TOPS})/[\w./-]*)`", (ROOT / page).read_text()))
    assert len(named) > 5
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    records = {path.name for path in folder.glob("0*.md")}
    listed = set(re.findall(r"\]\((0[\w-]+\.md)\)", (folder / "README.md").read_text()))
    assert listed == records
