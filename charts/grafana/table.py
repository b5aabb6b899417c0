"""Table panels: each column is a query, each row a combination of the labels they share."""

from dataclasses import dataclass
from typing import Any

from grafana.model import Json, Limits, PanelOptions, Query, panel, referred, target, thresholds


@dataclass(frozen=True, slots=True)
class Column:
    """A column of values.

    Attributes:
        header: the column's title.
        expr: the query, aggregated by the table's labels.
        unit: Grafana's name of the unit.
        limits: values at which cells turn yellow and red; None means no colour.
        ascending: whether the smallest value comes first if the table is sorted by this column.
    """

    header: str
    expr: str
    unit: str
    limits: Limits | None = None
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of current values.

    Attributes:
        options: settings shared by all panels; `unit` applies to columns without a unit.
        labels: the labels that identify a row, in display order.
        columns: the values; the table is sorted by the first one.
        link: name of the dashboard that a feed's name links to; empty means no link.
    """

    options: PanelOptions
    labels: tuple[str, ...]
    columns: tuple[Column, ...]
    link: str = ""

    def json(self) -> Json:
        """Returns the panel's JSON without `id` and `gridPos`."""
        return {
            **panel("table", self.options),
            "targets": [self._target(ref, query) for ref, query in referred(self._queries())],
            "transformations": [{"id": "merge", "options": {}}, self._order()],
            "fieldConfig": {
                "defaults": {"unit": self.options.unit, "custom": {"filterable": True}},
                "overrides": list(self._overrides()),
            },
            "options": {
                "showHeader": True,
                "sortBy": [
                    {"displayName": self.columns[0].header, "desc": not self.columns[0].ascending}
                ],
            },
        }

    def _queries(self) -> tuple[Query, ...]:
        return tuple(Query(column.expr, column.header) for column in self.columns)

    @staticmethod
    def _target(ref: str, query: Query) -> Json:
        return {**target(ref, query), "format": "table", "instant": True, "range": False}

    def _order(self) -> Json:
        # Grafana omits the query's letter if there is only one query.
        values = ["Value"] if len(self.columns) == 1 else [f"Value #{ref}" for ref, _ in self._refs]
        names = dict(zip(values, (column.header for column in self.columns), strict=True))
        order = [*self.labels, *values]
        return {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True},
                "indexByName": {name: place for place, name in enumerate(order)},
                "renameByName": names,
            },
        }

    @property
    def _refs(self) -> list[tuple[str, Query]]:
        return list(referred(self._queries()))

    def _overrides(self) -> list[Json]:
        found = [_override(column.header, _properties(column)) for column in self.columns]
        return [*found, _override("feed", [_link(self.link)])] if self.link else found


def _properties(column: Column) -> list[Json]:
    unit: Json = {"id": "unit", "value": column.unit}
    if column.limits is None:
        return [unit]
    coloured = {"id": "custom.cellOptions", "value": {"type": "color-background"}}
    steps: Any = thresholds(column.limits)["thresholds"]
    return [
        unit,
        coloured,
        {"id": "thresholds", "value": steps},
        {"id": "color", "value": {"mode": "thresholds"}},
    ]


def _link(dashboard: str) -> Json:
    chosen = "var-namespace=${__data.fields.namespace}&var-feed=${__data.fields.feed}"
    url = f"/d/stockfeed-{dashboard}?{chosen}&${{__url_time_range}}&${{datasource:queryparam}}"
    return {"id": "links", "value": [{"title": f"Dashboard {dashboard} for this feed", "url": url}]}


def _override(header: str, properties: list[Json]) -> Json:
    return {"matcher": {"id": "byName", "options": header}, "properties": properties}
