"""The dashboards as Grafana reads them, and their queries as it would send them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "charts" / "stockfeed-operator" / "dashboards"

ALL = ".+"
# Windows are those that a test can wait for.
_GIVEN = {
    "credits": "1",
    "__rate_interval": "1m",
    "__range": "5m",
}


@dataclass(frozen=True)
class Query:
    """One query of a panel."""

    ref: str
    legend: str
    expr: str
    instant: bool

    def sent(self, namespace: str = ALL, feed: str = ALL) -> str:
        """The query with its variables replaced, by default as at `All`."""
        given = {**_GIVEN, "namespace": namespace, "feed": feed}
        return re.sub(r"\$(\w+)", lambda found: given[found[1]], self.expr)


@dataclass(frozen=True)
class Panel:
    """One panel that shows something."""

    dashboard: str
    json: dict[str, Any]

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.json["title"])

    @property
    def queries(self) -> list[Query]:
        """Its queries."""
        return [
            Query(
                target["refId"],
                target.get("legendFormat", ""),
                target["expr"],
                bool(target.get("instant")),
            )
            for target in self.json["targets"]
        ]


def dashboards() -> dict[str, dict[str, Any]]:
    """Each dashboard by its file's name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def panels() -> Iterator[Panel]:
    """All panels of all dashboards but the titles of rows."""
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            if panel["type"] != "row":
                yield Panel(name, panel)
