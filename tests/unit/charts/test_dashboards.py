"""Requirements for all dashboards."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana import DASHBOARDS, external
from grafana.model import RUNBOOKS
from stockfeed.contract.metrics import EXPORTERS
from support.dashboards.panels import Panel, dashboards, panels
from support.helm.cli import template

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "stockfeed-operator"
RUNBOOK_PAGES = ROOT / "docs" / "runbooks"
# Grafana's unit names: packages/grafana-data/src/valueFormats/categories.ts.
UNITS = {"none", "short", "s", "bytes", "cpm", "percentunit", "bool_yes_no"}
WORDS = {
    *("and", "bool", "by", "clamp_max", "count", "group_left", "histogram_quantile", "increase"),
    *("bottomk", "max", "min", "on", "or", "rate", "sum", "time", "topk", "vector"),
}
# Kubernetes' limit for a ConfigMap, below etcd's limit of 1.5 MB.
CONFIG_MAP_BYTES = 1024 * 1024

PANELS = list(panels())
NAMES = [f"{panel.dashboard}-{panel.title}" for panel in PANELS]
each_panel = pytest.mark.parametrize("panel", PANELS, ids=NAMES)
each_dashboard = pytest.mark.parametrize("name", dashboards())


def known_metrics() -> set[str]:
    ours = {metric for exporter in EXPORTERS for metric in exporter.metrics}
    histograms = {metric.name for metric in ours if metric.kind == "histogram"}
    parts = {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
    rules = (CHART / "rules" / "recording").glob("*.yaml")
    recorded = {rule["record"] for path in rules for rule in yaml.safe_load(path.read_text())}
    exported = {metric.name for metric in ours} - histograms | parts | {*external.METRICS}
    # Prometheus itself generates `up`.
    return exported | recorded | {"up"}


def metrics_of(expression: str) -> set[str]:
    """Returns the metric names in a query."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\$\w+", "", bare)
    bare = re.sub(r"\b(by|on|group_left) \([^)]*\)", "", bare)
    return set(re.findall(r"[a-zA-Z_:][\w:]*", bare)) - WORDS


def units(panel: Panel) -> list[str]:
    config = panel.json["fieldConfig"]
    columns = [
        part["value"]
        for override in config["overrides"]
        for part in override["properties"]
        if part["id"] == "unit"
    ]
    return [config["defaults"]["unit"], *columns]


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def test_dashboards_have_stable_uids() -> None:
    uids = {found["uid"] for found in dashboards().values()}
    assert uids == {
        "stockfeed-feeds",
        "stockfeed-pipeline",
        "stockfeed-operator",
        "stockfeed-cost",
    }
    assert len(DASHBOARDS) == len(uids)


@each_dashboard
def test_every_panel_has_a_unique_id(name: str) -> None:
    found = [panel["id"] for panel in dashboards()[name]["panels"]]
    assert len(set(found)) == len(found)


@each_dashboard
def test_titles_are_unique(name: str) -> None:
    found = [panel["title"] for panel in dashboards()[name]["panels"]]
    assert len(set(found)) == len(found)


@each_dashboard
def test_panels_stay_in_the_grid_and_do_not_overlap(name: str) -> None:
    places = [panel["gridPos"] for panel in dashboards()[name]["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert not [(one, other) for one, other in combinations(places, 2) if overlap(one, other)]


@each_dashboard
def test_variables_select_prometheus_namespaces_and_feeds(name: str) -> None:
    variables = {part["name"]: part for part in dashboards()[name]["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    for chosen in ("namespace", "feed"):
        assert variables[chosen]["multi"]
        assert variables[chosen]["includeAll"]
        assert variables[chosen]["datasource"]["uid"] == "${datasource}"
        expression = variables[chosen]["query"]["query"]
        (metric,) = re.findall(r"label_values\((\w+)", expression)
        assert metric in known_metrics()


@each_dashboard
def test_every_used_variable_is_defined(name: str) -> None:
    defined = {part["name"] for part in dashboards()[name]["templating"]["list"]}
    used = {
        variable
        for panel in PANELS
        if panel.dashboard == name
        for query in panel.queries
        for variable in re.findall(r"\$(\w+)", query.expr)
    }
    assert used - {"__rate_interval", "__range"} <= defined


@each_panel
def test_every_panel_has_a_description_and_a_known_unit(panel: Panel) -> None:
    assert len(panel.json["description"]) > 4
    assert set(units(panel)) <= UNITS
    assert "repeat" not in panel.json


@each_panel
def test_every_query_has_a_legend_a_unique_letter_and_the_selected_prometheus(panel: Panel) -> None:
    assert panel.queries
    assert all(query.legend for query in panel.queries)
    assert len({query.ref for query in panel.queries}) == len(panel.queries)
    assert panel.json["datasource"]["uid"] == "${datasource}"
    assert all(target["datasource"]["uid"] == "${datasource}" for target in panel.json["targets"])


@each_panel
def test_every_metric_is_in_the_catalogue_or_external(panel: Panel) -> None:
    used = {metric for query in panel.queries for metric in metrics_of(query.expr)}
    assert used
    assert used <= known_metrics()


@each_panel
def test_graphs_limit_lines_by_feed_group_topic_or_symbol(panel: Panel) -> None:
    """A hundred feeds must not draw a hundred lines; other labels have few values."""
    if panel.json["type"] == "timeseries":
        many = re.compile(r"\{\{(feed|group|topic|symbol)\}\}")
        unbound = [query for query in panel.queries if many.search(query.legend)]
        assert all(query.expr.startswith("topk(") for query in unbound)


@each_panel
def test_linked_runbooks_exist(panel: Panel) -> None:
    for link in panel.json["links"]:
        (page,) = re.findall(r"^\$\{runbooks\}/(\w+\.md)$", link["url"])
        assert (RUNBOOK_PAGES / page).exists()


def test_linked_dashboards_exist() -> None:
    uids = {found["uid"] for found in dashboards().values()}
    linked = set(re.findall(r'"/d/([\w-]+)\?', "".join(str(panel.json) for panel in PANELS)))
    linked |= set(re.findall(r"'/d/([\w-]+)\?", "".join(str(panel.json) for panel in PANELS)))
    assert linked
    assert linked <= uids


def config_maps(*options: str) -> list[dict[str, Any]]:
    rendered = template(CHART, None, "--show-only", "templates/dashboards.yaml", *options)
    assert all(part["kind"] == "ConfigMap" for part in rendered)
    return rendered


def test_chart_renders_a_labelled_config_map_for_each_dashboard() -> None:
    found = config_maps()
    assert len(found) == len(DASHBOARDS)
    for part in found:
        assert part["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert len(str(part).encode()) < CONFIG_MAP_BYTES


def test_runbook_links_use_the_url_in_the_values() -> None:
    found = config_maps("--set", "dashboards.runbooksUrl=https://example.org/runbooks")
    texts = [text for part in found for text in part["data"].values()]
    assert all('"query": "https://example.org/runbooks"' in text for text in texts)
    assert not any(RUNBOOKS in text for text in texts)


def links_of(text: str) -> list[dict[str, Any]]:
    """Returns the links of all panels of a dashboard."""
    shown = json.loads(text)
    every = [*shown["panels"], *(part for row in shown["panels"] for part in row.get("panels", ()))]
    return [link for part in every for link in part.get("links", ())]


def test_without_a_url_panels_have_no_runbook_links() -> None:
    texts = [text for part in config_maps() for text in part["data"].values()]
    assert not any("Runbook" in link["title"] for text in texts for link in links_of(text))
    given = config_maps("--set", "dashboards.runbooksUrl=https://example.org/runbooks")
    texts = [text for part in given for text in part["data"].values()]
    assert all(any("Runbook" in link["title"] for link in links_of(text)) for text in texts)


def test_dashboards_can_be_disabled() -> None:
    rendered = template(CHART, None, "--set", "dashboards.enabled=false")
    assert not [part for part in rendered if part["metadata"]["name"].endswith("dashboard-feeds")]
