"""Service levels and alerts, as Prometheus itself evaluates them.

Each alert's cases are in `tests/support/prometheus/cases/<alert>.yaml`: series for which it fires,
and series for which it does not.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from stockfeed.contract.metrics import EXPORTERS
from support.prometheus import rules
from support.prometheus.rules import ALERTS, Case, alerts, cases, groups

RUNBOOKS = Path(__file__).parents[3] / "docs" / "runbooks"
# Argo's own, by its docs/metrics.md (4.1): runs that concurrencyPolicy kept from starting.
FOREIGN = {"argo_workflows_cronworkflows_concurrencypolicy_triggered"}
CATALOGUE = {metric.name for exporter in EXPORTERS for metric in exporter.metrics}
RECORDED = {rule["record"] for group in groups() for rule in group["rules"] if "record" in rule}
LABELS = {"namespace", "feed", "group", "condition", "reason", "name", "pod", "role", "certificate"}


def metrics_in(expression: str) -> set[str]:
    """Names of metrics: nothing else in these expressions is written so."""
    return set(re.findall(r"\b(?:argo_workflows_|stockfeed[_:])\w+(?::\w+)*", expression))


def test_promtool_finds_nothing_wrong(tmp_path: Path) -> None:
    done = rules.check(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_file_is_an_alert_and_each_alert_a_file() -> None:
    assert sorted(alerts()) == sorted(path.stem for path in ALERTS.glob("*.yaml"))


def test_nothing_is_left_to_fill_in() -> None:
    assert "${" not in str(groups())


def test_each_alert_has_series_that_fire_it_and_series_that_do_not() -> None:
    firing = Counter(case.alert for case in cases() if case.labels is not None)
    silent = Counter(case.alert for case in cases() if case.labels is None)
    assert set(firing) == set(silent) == set(alerts())


def test_alerts_fire_for_what_they_are_about_and_for_nothing_else(tmp_path: Path) -> None:
    done = rules.test(tmp_path, list(cases()))
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alert_that_does_not_fire_is_noticed(tmp_path: Path) -> None:
    wrong = Case("StockFeedStale", "no series", "20m", {}, {"namespace": "stocks", "feed": "us"})
    assert rules.test(tmp_path, [wrong]).returncode == 1


@pytest.mark.parametrize("group", groups(), ids=lambda group: str(group["name"]))
def test_expressions_ask_for_metrics_that_exist(group: dict[str, object]) -> None:
    assert isinstance(group["rules"], list)
    asked = {name for rule in group["rules"] for name in metrics_in(rule["expr"])}
    assert asked
    assert asked - CATALOGUE - RECORDED - FOREIGN == set()


@pytest.mark.parametrize("name", alerts())
def test_an_alert_says_where_and_what_in_words(name: str) -> None:
    alert = alerts()[name]
    assert alert["labels"]["severity"] in ("critical", "warning")
    summary, description = (alert["annotations"][part] for part in ("summary", "description"))
    used = set(re.findall(r"\$labels\.(\w+)", summary + description))
    assert "namespace" in used
    assert used <= LABELS
    fires = {label for case in cases() if case.alert == name for label in case.labels or ()}
    assert used <= fires, "a label that the alert does not have"
    assert ("feed" in fires) == ("$labels.feed" in summary)
    assert not summary.endswith(".")
    assert description.endswith(".")


def test_each_alert_has_a_runbook_and_each_runbook_an_alert() -> None:
    linked = {alert["annotations"]["runbook"] for alert in alerts().values()}
    pages = {f"docs/runbooks/{path.name}" for path in RUNBOOKS.glob("StockFeed*.md")}
    assert linked == pages


def test_alerts_lead_to_the_copy_of_the_runbooks_that_the_values_name() -> None:
    given = groups("dashboards.runbooksUrl=https://example.org/runbooks")
    for alert in (rule for group in given for rule in group["rules"] if "alert" in rule):
        page = alerts()[alert["alert"]]["annotations"]["runbook"].rpartition("/")[2]
        assert alert["annotations"]["runbook_url"] == f"https://example.org/runbooks/{page}"
        assert "runbook" not in alert["annotations"]
