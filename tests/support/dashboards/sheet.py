"""A contact sheet: one static page with the data of every panel, laid out as in the dashboards.

No package registry carries Grafana, so the sheet is the way to review the dashboards without it. It
shows whether a panel's queries return what its title promises, in the right unit and place. It does
not reproduce Grafana's drawing.
"""

import html
import math
import time
from collections.abc import Iterator
from typing import Any

from support.dashboards.panels import Panel, dashboards
from support.dashboards.server import Prometheus

Row = dict[str, Any]
Series = tuple[str, list[tuple[float, float]]]

SECONDS = 120
_DAY = 86_400
_COLOURS = ("#3274d9", "#e0752d", "#37872d", "#c4162a", "#8f3bb8", "#0a7c80", "#b68500")
_STYLE = """
body{font:12px sans-serif;background:#f4f5f5;margin:12px;width:1500px}
.grid{display:grid;grid-template-columns:repeat(24,1fr);grid-auto-rows:34px;gap:6px}
.panel,.row{background:#fff;border:1px solid #ddd;padding:4px 6px;overflow:hidden}
.row{background:none;border:0;font-weight:bold;font-size:14px;padding-top:12px}
.title{font-weight:bold}.title{overflow:hidden}.link{float:right;color:#3274d9;font-weight:normal}
.big{font-size:30px;text-align:center;padding-top:14px}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #ddd;padding:1px 4px}
th{text-align:left;background:#eee}td.n{text-align:right}
.green{background:#cdeccd}.yellow{background:#fbeaa6}.red{background:#f7b7b7}
.legend{font-size:10px}svg{width:100%;height:70%}
"""


def page(prometheus: Prometheus) -> str:
    """Returns the sheet as HTML."""
    parts = "".join(_dashboard(name, found, prometheus) for name, found in dashboards().items())
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>{parts}"


def rows(panel: Panel, prometheus: Prometheus) -> list[Row]:
    """Returns a table panel's rows: its queries' results, merged by their shared labels."""
    merged: dict[tuple[tuple[str, str], ...], Row] = {}
    for query in panel.queries:
        for found in prometheus.now(query.sent()):
            labels = found["metric"]
            row = merged.setdefault(tuple(sorted(labels.items())), dict(labels))
            row[query.legend] = float(found["value"][1])
    return list(merged.values())


def shown(value: float, unit: str) -> str:
    """Returns the value in its unit, formatted similarly to Grafana."""
    if unit == "bool_yes_no":
        return "Yes" if value else "No"
    if unit == "percentunit":
        return f"{value * 100:.1f}%"
    if unit == "bytes":
        return _scaled(value, 1024, ("B", "KiB", "MiB", "GiB"))
    if unit == "s":
        return _duration(value)
    return f"{value:.4g}" + {"cpm": " c/m"}.get(unit, "")


def _duration(seconds: float) -> str:
    if seconds >= _DAY:
        return f"{seconds / _DAY:.1f} days"
    return f"{seconds * 1000:.0f} ms" if abs(seconds) < 1 else f"{seconds:.1f} s"


def _scaled(value: float, base: int, units: tuple[str, ...]) -> str:
    power = min(int(math.log(value, base)), len(units) - 1) if value >= 1 else 0
    return f"{value / base**power:.1f} {units[power]}"


def _dashboard(name: str, found: dict[str, Any], prometheus: Prometheus) -> str:
    placed = "".join(_placed(name, panel, prometheus) for panel in found["panels"])
    return f'<h2>{html.escape(found["title"])}</h2><div class="grid">{placed}</div>'


def _placed(name: str, json: dict[str, Any], prometheus: Prometheus) -> str:
    at = json["gridPos"]
    area = f"{at['y'] + 1}/{at['x'] + 1}/span {at['h']}/span {at['w']}"
    title = html.escape(json["title"])
    if json["type"] == "row":
        return f'<div class="row" style="grid-area:{area}">{title}</div>'
    draw = {"stat": _stat, "table": _table, "timeseries": _graph}[json["type"]]
    body = draw(Panel(name, json), prometheus)
    links = "".join(f'<span class="link">{html.escape(x["title"])}</span>' for x in json["links"])
    heading = f'<div class="title">{title}{links}</div>'
    return f'<div class="panel" style="grid-area:{area}">{heading}{body}</div>'


def _stat(panel: Panel, prometheus: Prometheus) -> str:
    defaults = panel.json["fieldConfig"]["defaults"]
    found = prometheus.now(panel.queries[0].sent())
    if not found:
        return "no data"
    value = float(found[0]["value"][1])
    text = shown(value, defaults["unit"])
    return f'<div class="big {_colour(value, defaults.get("thresholds"))}">{text}</div>'


def _table(panel: Panel, prometheus: Prometheus) -> str:
    (order,) = (
        part["options"] for part in panel.json["transformations"] if part["id"] == "organize"
    )
    names = [order["renameByName"].get(name, name) for name in order["indexByName"]]
    figures = {query.legend for query in panel.queries}
    found = rows(panel, prometheus)
    (sort,) = panel.json["options"]["sortBy"]
    found.sort(key=lambda row: row.get(sort["displayName"], 0), reverse=sort["desc"])
    styles = dict(_columns(panel))
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>"
        + "".join(_cell(row.get(name), name in figures, styles.get(name, {})) for name in names)
        for row in found
    )
    return f"<table><tr>{head}</tr>{body}</table>" if found else "no data"


def _columns(panel: Panel) -> Iterator[tuple[str, dict[str, Any]]]:
    for override in panel.json["fieldConfig"]["overrides"]:
        properties = {part["id"]: part["value"] for part in override["properties"]}
        yield override["matcher"]["options"], properties


def _cell(value: Any, figure: bool, style: dict[str, Any]) -> str:
    if value is None:
        return "<td></td>"
    if not figure:
        return f"<td>{html.escape(value)}</td>"
    text = shown(value, style["unit"])
    return f'<td class="n {_colour(value, style.get("thresholds"))}">{text}</td>'


def _colour(value: float, thresholds: dict[str, Any] | None) -> str:
    if thresholds is None:
        return ""
    reached = [
        step["color"]
        for step in thresholds["steps"]
        if step["value"] is None or value >= step["value"]
    ]
    return str(reached[-1])


def _graph(panel: Panel, prometheus: Prometheus) -> str:
    end = time.time()
    found = [
        series
        for query in panel.queries
        for series in _series(query.sent(), query.legend, prometheus, end)
    ]
    if not found:
        return "no data"
    unit = panel.json["fieldConfig"]["defaults"]["unit"]
    top = max((value for _, points in found for _, value in points), default=0) or 1
    lines = "".join(
        _line(points, end, top, _COLOURS[place % len(_COLOURS)])
        for place, (_, points) in enumerate(found)
    )
    legend = " ".join(
        f'<span style="color:{_COLOURS[place % len(_COLOURS)]}">■ {html.escape(name)} '
        f"{shown(points[-1][1], unit)}</span>"
        for place, (name, points) in enumerate(found)
    )
    box = f"<svg viewBox='0 0 300 100' preserveAspectRatio='none'>{lines}</svg>"
    return f"<div>max {shown(top, unit)}</div>{box}<div class='legend'>{legend}</div>"


def _series(query: str, legend: str, prometheus: Prometheus, end: float) -> Iterator[Series]:
    for found in prometheus.over(query, end - SECONDS, end, 2):
        name = legend
        for label, text in found["metric"].items():
            name = name.replace("{{" + label + "}}", text)
        points = [(at, float(value)) for at, value in found["values"]]
        known = [(at, value) for at, value in points if math.isfinite(value)]
        if known:
            yield name, known


def _line(points: list[tuple[float, float]], end: float, top: float, colour: str) -> str:
    drawn = " ".join(
        f"{300 * (at - end + SECONDS) / SECONDS:.1f},{98 - 96 * value / top:.1f}"
        for at, value in points
    )
    return (
        f"<polyline points='{drawn}' fill='none' stroke='{colour}' "
        "vector-effect='non-scaling-stroke'/>"
    )
