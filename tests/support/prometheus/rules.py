"""The chart's rules as Prometheus loads them, and promtool's checks of them."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from support.helm.cli import template
from support.tools.programs import promtool

CHART = Path(__file__).parents[3] / "charts" / "stockfeed-operator"
ALERTS = CHART / "rules" / "alerts"
_CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """Series, and whether an alert fires for them.

    Attributes:
        alert: the alert's name.
        why: describes the series.
        at: evaluation time, such as `20m`; samples are one minute apart.
        series: values in promtool's notation, by series.
        labels: labels of the firing alert, without its severity; None if it must not fire.
    """

    alert: str
    why: str
    at: str
    series: dict[str, str]
    labels: dict[str, str] | None


def cases() -> Iterator[Case]:
    """Yields the cases of all files in `cases/`, each named after its alert."""
    for path in sorted(_CASES.glob("*.yaml")):
        told = yaml.safe_load(path.read_text())
        for why, case in told["fires"].items():
            yield Case(path.stem, why, case["at"], case["series"], case["labels"])
        for why, case in told["silent"].items():
            yield Case(path.stem, why, case["at"], case["series"], None)


@cache
def groups(*values: str) -> tuple[dict[str, Any], ...]:
    """Returns the rule groups that the chart renders for a release in namespace `streams`.

    Args:
        values: additional chart values, as for helm's `--set`.
    """
    objects = template(CHART, None, "--set", ",".join(["rules.enabled=true", *values]))
    (rules,) = (part for part in objects if part["kind"] == "PrometheusRule")
    return tuple(rules["spec"]["groups"])


def alerts() -> dict[str, dict[str, Any]]:
    """Returns the rendered alerts by name."""
    return {rule["alert"]: rule for group in groups() for rule in group["rules"] if "alert" in rule}


def check(directory: Path) -> subprocess.CompletedProcess[str]:
    """Runs `promtool check rules` on the rules, written into the directory."""
    return _promtool("check", "rules", str(_written(directory)))


def test(directory: Path, told: list[Case]) -> subprocess.CompletedProcess[str]:
    """Runs `promtool test rules` with the cases."""
    rules = _written(directory)
    file = directory / "tests.yaml"
    wanted = {
        "rule_files": [str(rules)],
        "evaluation_interval": "1m",
        "tests": [_as_promtool(case) for case in told],
    }
    file.write_text(yaml.safe_dump(wanted))
    return _promtool("test", "rules", str(file))


def _as_promtool(case: Case) -> dict[str, Any]:
    firing = f'{{__name__="ALERTS", alertstate="firing", alertname="{case.alert}"'
    expected = []
    if case.labels is not None:
        labels = {**case.labels, **alerts()[case.alert]["labels"]}
        own = "".join(f', {name}="{value}"' for name, value in labels.items())
        expected.append({"labels": firing + own + "}", "value": 1})
    return {
        "name": f"{case.alert}: {case.why}",
        "interval": "1m",
        "input_series": [
            {"series": name, "values": values} for name, values in case.series.items()
        ],
        "promql_expr_test": [{"expr": firing + "}", "eval_time": case.at, "exp_samples": expected}],
    }


def _written(directory: Path) -> Path:
    file = directory / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": list(groups())}))
    return file


def _promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(promtool()), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
