"""The dashboards as Grafana loads them, and their queries as Grafana sends them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "charts" / "stockfeed-operator" / "dashboards"

ALL = ".+"
# Time windows are short enough for a test to wait for.
_GIVEN = {
    "credits": "1",
    "__rate_interval": "1m",
    "__range": "5m",
}


@dataclass(frozen=True)
class Query:
    """A query of a panel."""

    ref: str
    legend: str
    expr: str
    instant: bool

    def sent(self, namespace: str = ALL, feed: str = ALL) -> str:
        """Returns the query with its variables replaced; by default the user has selected `All`."""
        given = {**_GIVEN, "namespace": namespace, "feed": feed}
        return re.sub(r"\$(\w+)", lambda found: given[found[1]], self.expr)


@dataclass(frozen=True)
class Panel:
    """A panel that shows data."""

    dashboard: str
    json: dict[str, Any]

    @property
    def title(self) -> str:
        """Returns the panel's title."""
        return str(self.json["title"])

    @property
    def queries(self) -> list[Query]:
        """Returns the panel's queries."""
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
    """Returns the dashboards by file name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def panels() -> Iterator[Panel]:
    """Yields the panels of all dashboards, except row titles."""
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            if panel["type"] != "row":
                yield Panel(name, panel)
