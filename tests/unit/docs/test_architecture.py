"""docs/architecture.md names what there is."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
ALERTS = ROOT / "charts" / "stockfeed-operator" / "rules" / "alerts"


def test_parts_that_are_named_without_their_package_exist() -> None:
    pipeline = ROOT / "images" / "pipeline" / "stockfeed"
    named = set(re.findall(r"`((?:producer|consumer|loader|contract)/\w+\.py)`", PAGE))
    assert named
    assert [path for path in sorted(named) if not (pipeline / path).exists()] == []


def test_alerts_exist() -> None:
    named = set(re.findall(r"\bStockFeed[A-Z]\w+", PAGE))
    assert len(named) > 8
    assert named <= {path.stem for path in ALERTS.glob("*.yaml")}
