"""What every dashboard must be, whatever it shows."""

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
# Grafana's own names of units: packages/grafana-data/src/valueFormats/categories.ts.
UNITS = {"none", "short", "s", "bytes", "cpm", "percentunit", "bool_yes_no"}
WORDS = {
    *("and", "bool", "by", "clamp_max", "count", "group_left", "histogram_quantile", "increase"),
    *("bottomk", "max", "min", "on", "or", "rate", "sum", "time", "topk", "vector"),
}
# etcd's limit of 1.5 MB is more than Kubernetes lets a ConfigMap hold.
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
    # Prometheus itself makes `up`.
    return exported | recorded | {"up"}


def metrics_of(expression: str) -> set[str]:
    """Names in a query that are neither PromQL's words nor labels nor in quotes."""
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


def test_the_four_dashboards_are_there_with_uids_that_stay() -> None:
    uids = {found["uid"] for found in dashboards().values()}
    assert uids == {
        "stockfeed-feeds",
        "stockfeed-pipeline",
        "stockfeed-operator",
        "stockfeed-cost",
    }
    assert len(DASHBOARDS) == len(uids)


@each_dashboard
def test_ids_are_unique_and_every_panel_has_one(name: str) -> None:
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
def test_data_comes_from_the_chosen_prometheus_namespaces_and_feeds(name: str) -> None:
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
def test_every_variable_that_is_used_is_defined(name: str) -> None:
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
def test_a_panel_says_what_it_shows_in_which_unit(panel: Panel) -> None:
    assert len(panel.json["description"]) > 4
    assert set(units(panel)) <= UNITS
    assert "repeat" not in panel.json


@each_panel
def test_every_query_has_a_legend_a_letter_and_the_chosen_prometheus(panel: Panel) -> None:
    assert panel.queries
    assert all(query.legend for query in panel.queries)
    assert len({query.ref for query in panel.queries}) == len(panel.queries)
    assert panel.json["datasource"]["uid"] == "${datasource}"
    assert all(target["datasource"]["uid"] == "${datasource}" for target in panel.json["targets"])


@each_panel
def test_every_metric_is_in_the_catalogue_or_documented_elsewhere(panel: Panel) -> None:
    used = {metric for query in panel.queries for metric in metrics_of(query.expr)}
    assert used
    assert used <= known_metrics()


@each_panel
def test_lines_of_feeds_groups_pods_and_topics_are_the_top_ones_only(panel: Panel) -> None:
    """A hundred feeds must not draw a hundred lines; lines by namespace, outcome … are few."""
    if panel.json["type"] == "timeseries":
        many = re.compile(r"\{\{(feed|group|topic|symbol)\}\}")
        unbound = [query for query in panel.queries if many.search(query.legend)]
        assert all(query.expr.startswith("topk(") for query in unbound)


@each_panel
def test_links_lead_to_runbooks_that_exist(panel: Panel) -> None:
    for link in panel.json["links"]:
        (page,) = re.findall(r"^\$\{runbooks\}/(\w+\.md)$", link["url"])
        assert (RUNBOOK_PAGES / page).exists()


def test_columns_that_link_to_a_dashboard_name_one_that_exists() -> None:
    uids = {found["uid"] for found in dashboards().values()}
    linked = set(re.findall(r'"/d/([\w-]+)\?', "".join(str(panel.json) for panel in PANELS)))
    linked |= set(re.findall(r"'/d/([\w-]+)\?", "".join(str(panel.json) for panel in PANELS)))
    assert linked
    assert linked <= uids


def config_maps(*options: str) -> list[dict[str, Any]]:
    rendered = template(CHART, None, "--show-only", "templates/dashboards.yaml", *options)
    assert all(part["kind"] == "ConfigMap" for part in rendered)
    return rendered


def test_the_chart_gives_the_sidecar_one_config_map_a_dashboard() -> None:
    found = config_maps()
    assert len(found) == len(DASHBOARDS)
    for part in found:
        assert part["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert len(str(part).encode()) < CONFIG_MAP_BYTES


def test_runbooks_lie_where_the_values_say() -> None:
    found = config_maps("--set", "dashboards.runbooksUrl=https://example.org/runbooks")
    texts = [text for part in found for text in part["data"].values()]
    assert all('"query": "https://example.org/runbooks"' in text for text in texts)
    assert not any(RUNBOOKS in text for text in texts)


def links_of(text: str) -> list[dict[str, Any]]:
    """The links of a dashboard's panels."""
    shown = json.loads(text)
    every = [*shown["panels"], *(part for row in shown["panels"] for part in row.get("panels", ()))]
    return [link for part in every for link in part.get("links", ())]


def test_without_an_address_panels_link_to_nothing() -> None:
    texts = [text for part in config_maps() for text in part["data"].values()]
    assert not any("Runbook" in link["title"] for text in texts for link in links_of(text))
    given = config_maps("--set", "dashboards.runbooksUrl=https://example.org/runbooks")
    texts = [text for part in given for text in part["data"].values()]
    assert all(any("Runbook" in link["title"] for link in links_of(text)) for text in texts)


def test_dashboards_can_be_left_out() -> None:
    rendered = template(CHART, None, "--set", "dashboards.enabled=false")
    assert not [part for part in rendered if part["metadata"]["name"].endswith("dashboard-feeds")]
