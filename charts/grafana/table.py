"""A table whose columns are queries: one row for each combination of the labels they share."""

from dataclasses import dataclass
from typing import Any

from grafana.model import Json, Limits, Look, Query, panel, referred, target, thresholds


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures.

    Attributes:
        header: its title.
        expr: the query; its labels are the table's.
        unit: Grafana's name of the unit.
        limits: when it is coloured.
        ascending: whether the least comes first, where this column sorts.
    """

    header: str
    expr: str
    unit: str
    limits: Limits | None = None
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Figures as they are now.

    Attributes:
        look: what every panel has; the unit is that of columns which have none of their own.
        labels: the labels that make a row, in order.
        columns: the figures; the first sorts the table.
        link: name of the dashboard that a feed's name leads to; empty for none.
    """

    look: Look
    labels: tuple[str, ...]
    columns: tuple[Column, ...]
    link: str = ""

    def json(self) -> Json:
        """The panel without its id and place."""
        return {
            **panel("table", self.look),
            "targets": [self._target(ref, query) for ref, query in referred(self._queries())],
            "transformations": [{"id": "merge", "options": {}}, self._order()],
            "fieldConfig": {
                "defaults": {"unit": self.look.unit, "custom": {"filterable": True}},
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
        # A single query's value has no letter.
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
        found = [_override(column.header, _figures(column)) for column in self.columns]
        return [*found, _override("feed", [_link(self.link)])] if self.link else found


def _figures(column: Column) -> list[Json]:
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
    return {"id": "links", "value": [{"title": f"This feed's {dashboard}", "url": url}]}


def _override(header: str, properties: list[Json]) -> Json:
    return {"matcher": {"id": "byName", "options": header}, "properties": properties}
