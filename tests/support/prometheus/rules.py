"""The chart's rules as Prometheus gets them, and what promtool says of them."""

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
        why: what the series are of.
        at: time at which it is looked, such as `20m`; a sample is taken each minute.
        series: values in promtool's notation by series.
        labels: of the alert that fires, but its severity; None where none is to fire.
    """

    alert: str
    why: str
    at: str
    series: dict[str, str]
    labels: dict[str, str] | None


def cases() -> Iterator[Case]:
    """All cases of all files in `cases/`, each of which is named as its alert."""
    for path in sorted(_CASES.glob("*.yaml")):
        told = yaml.safe_load(path.read_text())
        for why, case in told["fires"].items():
            yield Case(path.stem, why, case["at"], case["series"], case["labels"])
        for why, case in told["silent"].items():
            yield Case(path.stem, why, case["at"], case["series"], None)


@cache
def groups(*values: str) -> tuple[dict[str, Any], ...]:
    """The groups of rules that the chart renders for a release in namespace `streams`.

    Args:
        values: more of the chart's values, as helm's `--set` takes them.
    """
    objects = template(CHART, None, "--set", ",".join(["rules.enabled=true", *values]))
    (rules,) = (part for part in objects if part["kind"] == "PrometheusRule")
    return tuple(rules["spec"]["groups"])


def alerts() -> dict[str, dict[str, Any]]:
    """The rendered alerts by their names."""
    return {rule["alert"]: rule for group in groups() for rule in group["rules"] if "alert" in rule}


def check(directory: Path) -> subprocess.CompletedProcess[str]:
    """`promtool check rules`; the rules are written into the directory."""
    return _promtool("check", "rules", str(_written(directory)))


def test(directory: Path, told: list[Case]) -> subprocess.CompletedProcess[str]:
    """`promtool test rules` with the cases."""
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
