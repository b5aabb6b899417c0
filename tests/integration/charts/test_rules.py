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
# Metrics of Argo Workflows 4.1 (docs/metrics.md): runs suppressed by concurrencyPolicy.
FOREIGN = {"argo_workflows_cronworkflows_concurrencypolicy_triggered"}
CATALOGUE = {metric.name for exporter in EXPORTERS for metric in exporter.metrics}
RECORDED = {rule["record"] for group in groups() for rule in group["rules"] if "record" in rule}
LABELS = {"namespace", "feed", "group", "condition", "reason", "name", "pod", "role", "certificate"}


def metrics_in(expression: str) -> set[str]:
    """Returns the names of metrics in an expression, which are recognised by their prefix."""
    return set(re.findall(r"\b(?:argo_workflows_|stockfeed[_:])\w+(?::\w+)*", expression))


def test_promtool_accepts_the_rules(tmp_path: Path) -> None:
    done = rules.check(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_its_own_file() -> None:
    assert sorted(alerts()) == sorted(path.stem for path in ALERTS.glob("*.yaml"))


def test_all_placeholders_are_replaced() -> None:
    assert "${" not in str(groups())


def test_every_alert_has_firing_and_silent_cases() -> None:
    firing = Counter(case.alert for case in cases() if case.labels is not None)
    silent = Counter(case.alert for case in cases() if case.labels is None)
    assert set(firing) == set(silent) == set(alerts())


def test_alerts_fire_exactly_in_their_firing_cases(tmp_path: Path) -> None:
    done = rules.test(tmp_path, list(cases()))
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_fails_for_an_alert_that_does_not_fire(tmp_path: Path) -> None:
    wrong = Case("StockFeedStale", "no series", "20m", {}, {"namespace": "stocks", "feed": "us"})
    assert rules.test(tmp_path, [wrong]).returncode == 1


@pytest.mark.parametrize("group", groups(), ids=lambda group: str(group["name"]))
def test_expressions_use_existing_metrics(group: dict[str, object]) -> None:
    assert isinstance(group["rules"], list)
    asked = {name for rule in group["rules"] for name in metrics_in(rule["expr"])}
    assert asked
    assert asked - CATALOGUE - RECORDED - FOREIGN == set()


@pytest.mark.parametrize("name", alerts())
def test_every_alert_has_a_summary_and_a_description_with_its_labels(name: str) -> None:
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


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    linked = {alert["annotations"]["runbook"] for alert in alerts().values()}
    pages = {f"docs/runbooks/{path.name}" for path in RUNBOOKS.glob("StockFeed*.md")}
    assert linked == pages


def test_alerts_link_to_runbooks_at_the_url_in_the_values() -> None:
    given = groups("dashboards.runbooksUrl=https://example.org/runbooks")
    for alert in (rule for group in given for rule in group["rules"] if "alert" in rule):
        page = alerts()[alert["alert"]]["annotations"]["runbook"].rpartition("/")[2]
        assert alert["annotations"]["runbook_url"] == f"https://example.org/runbooks/{page}"
        assert "runbook" not in alert["annotations"]
