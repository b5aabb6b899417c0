"""What a dashboard is made of, and its JSON as Grafana's dashboard schema has it.

The schema: `@grafana/schema` 13.2, `Dashboard`, schemaVersion 42. Grafana migrates older ones when
it loads them, and an older Grafana ignores what it does not know.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

Json = dict[str, Any]

SCHEMA_VERSION: Final = 42
COLUMNS: Final = 24
# What the chart's template puts its value in place of.
RUNBOOKS: Final = "RUNBOOKS_URL"
DATASOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}
# The least step of a query: the interval of our PodMonitors.
_SCRAPE_INTERVAL: Final = "30s"


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel, and how its series are named."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Limits:
    """From which value on a figure is yellow and red; where red is the lower one, down to which."""

    warning: float
    critical: float


# Anything but none is bad.
NONE_ALLOWED: Final = Limits(1, 1)


@dataclass(frozen=True, slots=True)
class Look:
    """What every panel has.

    Attributes:
        title: what is shown, in a few words.
        description: how to read it, and what its values mean.
        unit: Grafana's name of the unit.
        runbook: name of the page about what to do; empty where there is none.
        width: in columns, of 24.
        height: in grid rows.
    """

    title: str
    description: str
    unit: str
    runbook: str = ""
    width: int = 12
    height: int = 8


class Panel(Protocol):
    """Anything that can be placed."""

    @property
    def look(self) -> Look:
        """What every panel has."""
        ...

    def json(self) -> Json:
        """The panel without its id and place."""
        ...


@dataclass(frozen=True, slots=True)
class Graph:
    """Lines over time."""

    look: Look
    queries: tuple[Query, ...]
    limits: Limits | None = None
    stacked: bool = False

    def json(self) -> Json:
        """The panel without its id and place."""
        custom: Json = {
            "fillOpacity": 25 if self.stacked else 8,
            "showPoints": "never",
            "stacking": {"mode": "normal" if self.stacked else "none"},
            "thresholdsStyle": {"mode": "dashed" if self.limits else "off"},
        }
        defaults = {"unit": self.look.unit, "min": 0, "custom": custom, **thresholds(self.limits)}
        legend = {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]}
        return {
            **panel("timeseries", self.look),
            "targets": [target(ref, query) for ref, query in referred(self.queries)],
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}},
        }


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure, as it is now."""

    look: Look
    query: Query
    limits: Limits | None = None

    def json(self) -> Json:
        """The panel without its id and place."""
        coloured = "background" if self.limits else "none"
        return {
            **panel("stat", self.look),
            "targets": [{**target("A", self.query), "instant": True, "range": False}],
            "fieldConfig": {
                "defaults": {"unit": self.look.unit, **thresholds(self.limits)},
                "overrides": [],
            },
            "options": {
                "colorMode": coloured,
                "graphMode": "none",
                "reduceOptions": {"calcs": ["lastNotNull"]},
            },
        }


@dataclass(frozen=True, slots=True)
class Section:
    """A titled row of panels, which flow from left to right."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard.

    Attributes:
        name: its file's; `uid` and links follow from it and never change.
        title: as Grafana lists it.
        description: what it answers.
        sections: its rows.
        variables: further ones, before those that every dashboard has.
    """

    name: str
    title: str
    description: str
    sections: tuple[Section, ...]
    variables: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def uid(self) -> str:
        """Stable, so that links and bookmarks stay."""
        return f"stockfeed-{self.name}"

    def json(self) -> Json:
        """The whole dashboard."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["stockfeed"],
            "schemaVersion": SCHEMA_VERSION,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": "now-3h", "to": "now"},
            "timezone": "browser",
            "links": [_others()],
            "templating": {"list": [*_variables(), *self.variables, _runbooks()]},
            "panels": list(_placed(self.sections)),
        }


def panel(kind: str, look: Look) -> Json:
    """What every panel's JSON has."""
    url = f"${{runbooks}}/{look.runbook}.md"
    link = {"title": f"Runbook: {look.runbook}", "url": url, "targetBlank": True}
    return {
        "type": kind,
        "title": look.title,
        "description": look.description,
        "datasource": DATASOURCE,
        "links": [link] if look.runbook else [],
    }


def target(ref: str, query: Query) -> Json:
    """A query over time."""
    return {
        "refId": ref,
        "datasource": DATASOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend,
        "interval": _SCRAPE_INTERVAL,
        "range": True,
    }


def referred(queries: Iterable[Query]) -> Iterator[tuple[str, Query]]:
    """The queries with their letters."""
    return zip("ABCDEFGHIJKL", queries, strict=False)


def thresholds(limits: Limits | None) -> Json:
    """A field's colours by value."""
    if limits is None:
        return {"color": {"mode": "palette-classic"}}
    edges: list[float | None] = [None, *sorted((limits.warning, limits.critical))]
    colours = ["green", "yellow", "red"]
    if limits.critical < limits.warning:
        colours.reverse()
    steps = [{"color": colour, "value": edge} for colour, edge in zip(colours, edges, strict=True)]
    return {"thresholds": {"mode": "absolute", "steps": steps}}


def _placed(sections: Iterable[Section]) -> Iterator[Json]:
    ident, top = 0, 0
    for section in sections:
        ident, top = ident + 1, top + 1
        place = {"x": 0, "y": top - 1, "w": COLUMNS, "h": 1}
        yield {
            "id": ident,
            "type": "row",
            "title": section.title,
            "collapsed": False,
            "gridPos": place,
            "panels": [],
        }
        left = line = 0
        for part in section.panels:
            if left + part.look.width > COLUMNS:
                left, line, top = 0, 0, top + line
            ident += 1
            place = {"x": left, "y": top, "w": part.look.width, "h": part.look.height}
            yield {"id": ident, "gridPos": place, **part.json()}
            left, line = left + part.look.width, max(line, part.look.height)
        top += line


def _others() -> Json:
    return {
        "type": "dashboards",
        "title": "StockFeed",
        "tags": ["stockfeed"],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
    }


def _variables() -> Iterator[Json]:
    yield {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
    }
    running = "stockfeed_operator_feed_running"
    yield _label("namespace", f"label_values({running}, namespace)")
    yield _label("feed", f'label_values({running}{{namespace=~"$namespace"}}, feed)')


def _label(name: str, query: str) -> Json:
    return {
        "name": name,
        "label": name.capitalize(),
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"qryType": 1, "query": query, "refId": "variable"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        # One short pattern in place of a hundred names.
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _runbooks() -> Json:
    return {"name": "runbooks", "type": "constant", "hide": 2, "query": RUNBOOKS}
