"""Dashboards, panels and queries, and their JSON in Grafana's dashboard schema.

The JSON follows `Dashboard` of `@grafana/schema` 13.2, schemaVersion 42. A newer Grafana migrates
it when it loads a dashboard; an older one ignores fields that it does not support.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

Json = dict[str, Any]

SCHEMA_VERSION: Final = 42
COLUMNS: Final = 24
# Placeholder that the chart's template replaces by `dashboards.runbooksUrl`.
RUNBOOKS: Final = "RUNBOOKS_URL"
DATASOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}
# Minimum step of a query: the scrape interval of StockFeed's PodMonitors.
_SCRAPE_INTERVAL: Final = "30s"


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a panel, and the legend of its series."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Values at which a panel turns yellow and red; with `critical` below `warning`, low is bad."""

    warning: float
    critical: float


# For counts of problems: 1 or more is red.
NONE_ALLOWED: Final = Limits(1, 1)


@dataclass(frozen=True, slots=True)
class PanelOptions:
    """Settings shared by all panels.

    Attributes:
        title: the panel's title.
        description: how to read the panel, and what its values mean.
        unit: Grafana's name of the unit.
        runbook: name of the runbook that the panel links to; empty means no link.
        width: width in grid columns; a row has 24.
        height: height in grid rows.
    """

    title: str
    description: str
    unit: str
    runbook: str = ""
    width: int = 12
    height: int = 8


class Panel(Protocol):
    """A panel that can be placed on a dashboard."""

    @property
    def options(self) -> PanelOptions:
        """Settings shared by all panels."""
        ...

    def json(self) -> Json:
        """Returns the panel's JSON without `id` and `gridPos`."""
        ...


@dataclass(frozen=True, slots=True)
class Graph:
    """A time series panel."""

    options: PanelOptions
    queries: tuple[Query, ...]
    limits: Limits | None = None
    stacked: bool = False

    def json(self) -> Json:
        """Returns the panel's JSON without `id` and `gridPos`."""
        custom: Json = {
            "fillOpacity": 25 if self.stacked else 8,
            "showPoints": "never",
            "stacking": {"mode": "normal" if self.stacked else "none"},
            "thresholdsStyle": {"mode": "dashed" if self.limits else "off"},
        }
        defaults = {
            "unit": self.options.unit,
            "min": 0,
            "custom": custom,
            **thresholds(self.limits),
        }
        legend = {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]}
        return {
            **panel("timeseries", self.options),
            "targets": [target(ref, query) for ref, query in referred(self.queries)],
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}},
        }


@dataclass(frozen=True, slots=True)
class Stat:
    """A panel that shows one current value."""

    options: PanelOptions
    query: Query
    limits: Limits | None = None

    def json(self) -> Json:
        """Returns the panel's JSON without `id` and `gridPos`."""
        coloured = "background" if self.limits else "none"
        return {
            **panel("stat", self.options),
            "targets": [{**target("A", self.query), "instant": True, "range": False}],
            "fieldConfig": {
                "defaults": {"unit": self.options.unit, **thresholds(self.limits)},
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
    """A titled row of panels, placed from left to right and wrapped at the grid's width."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard.

    Attributes:
        name: name of the file; `uid` and links derive from it, so it must never change.
        title: title in Grafana's list.
        description: the questions that the dashboard answers.
        sections: the dashboard's rows.
        variables: additional template variables.
    """

    name: str
    title: str
    description: str
    sections: tuple[Section, ...]
    variables: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def uid(self) -> str:
        """The dashboard's identifier, which links and bookmarks contain."""
        return f"stockfeed-{self.name}"

    def json(self) -> Json:
        """Returns the dashboard's JSON."""
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


def panel(kind: str, options: PanelOptions) -> Json:
    """Returns the JSON fields shared by all panels."""
    url = f"${{runbooks}}/{options.runbook}.md"
    link = {"title": f"Runbook: {options.runbook}", "url": url, "targetBlank": True}
    return {
        "type": kind,
        "title": options.title,
        "description": options.description,
        "datasource": DATASOURCE,
        "links": [link] if options.runbook else [],
    }


def target(ref: str, query: Query) -> Json:
    """Returns the JSON of a range query."""
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
    """Pairs queries with the letters by which Grafana refers to them."""
    return zip("ABCDEFGHIJKL", queries, strict=False)


def thresholds(limits: Limits | None) -> Json:
    """Returns the JSON for the colours of a field, by value."""
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
            if left + part.options.width > COLUMNS:
                left, line, top = 0, 0, top + line
            ident += 1
            place = {"x": left, "y": top, "w": part.options.width, "h": part.options.height}
            yield {"id": ident, "gridPos": place, **part.json()}
            left, line = left + part.options.width, max(line, part.options.height)
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
        # A short regular expression; otherwise Grafana would list every name in each query.
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _runbooks() -> Json:
    return {"name": "runbooks", "type": "constant", "hide": 2, "query": RUNBOOKS}
