"""The charts' values, compared with their schemas, comments and templates."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.helm.cli import run
from support.helm.values import get, has, load, paths, replaced, schema_paths
from support.tools.programs import helm

CHARTS = Path(__file__).parents[3] / "charts"
OPERATOR = CHARTS / "stockfeed-operator"
PLATFORM = CHARTS / "stockfeed-platform"
MORE = Path(__file__).parent / "values"

chart = pytest.mark.parametrize("chart", [OPERATOR, PLATFORM], ids=lambda chart: chart.name)


def documented(of: Path) -> list[Path]:
    """Returns the values files that a chart includes."""
    return sorted([*of.glob("values-*.yaml"), *of.glob("examples/values-*.yaml")])


@chart
def test_schema_has_exactly_the_values(chart: Path) -> None:
    known = schema_paths(chart)
    assert paths(load(chart / "values.yaml"), known) == known


@chart
def test_schema_closes_every_object(chart: Path) -> None:
    """Only helm's `global` and parts defined by Kubernetes may have arbitrary keys."""
    schema = json.loads((chart / "values.schema.json").read_text())
    free = {
        path
        for path, part in objects(schema)
        if part.get("additionalProperties", True) is True and not path.endswith("items")
    }
    assert {path.rpartition(".")[2] for path in free} <= {"global", "affinity"}


@chart
def test_every_value_has_a_comment_and_is_in_the_readme(chart: Path) -> None:
    readme = (chart / "README.md").read_text()
    assert [path for path in schema_paths(chart) if f"| `{path}` |" not in readme] == []


@chart
def test_readme_names_the_values_files(chart: Path) -> None:
    readme = (chart / "README.md").read_text()
    for path in documented(chart):
        assert f"`{path.relative_to(chart)}`" in readme


@pytest.mark.parametrize(
    ("chart", "values"),
    [
        pytest.param(chart, path, id=f"{chart.name}-{path.stem}")
        for chart in (OPERATOR, PLATFORM)
        for path in [chart / "values.yaml", *documented(chart)]
    ],
)
def test_chart_lints_with_its_values_files(chart: Path, values: Path) -> None:
    done = run("lint", "--strict", str(chart), "--values", str(values))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("chart", "values", "problem"),
    [
        (OPERATOR, "replica=2", "replica"),
        (OPERATOR, "settings.logLevel=trace", "logLevel"),
        (OPERATOR, "settings.maxWorkers=0", "maxWorkers"),
        (OPERATOR, "images.operator.name=x", "name"),
        (OPERATOR, "namespaces={A_b}", "namespaces"),
        (OPERATOR, "rules.objectives.freshness=1", "freshness"),
        (OPERATOR, "rules.objectives.completeness=0.9", "completeness"),
        (OPERATOR, "rules.thresholds.freshSeconds=2m", "freshSeconds"),
        (OPERATOR, "rules.thresholds.stale=1", "stale"),
        (PLATFORM, "kafka.replicas=3", "replicas"),
        (PLATFORM, "kafka.brokers.storage.sise=1Gi", "sise"),
        (PLATFORM, "kafka.brokers.replicas=0", "replicas"),
        (PLATFORM, "kafka.controllers.replicas=2", "replicas"),
        (PLATFORM, "kafka.brokers.heap=1Gi", "heap"),
        (PLATFORM, "quotes.mode=walk", "mode"),
        (PLATFORM, "emulator.persistence.size=5", "size"),
    ],
)
def test_rejects_invalid_values(chart: Path, values: str, problem: str) -> None:
    done = run("template", "sf", str(chart), "--set", values)
    assert done.returncode != 0
    assert problem in done.stderr


@pytest.mark.parametrize(
    ("chart", "files"),
    [
        pytest.param(OPERATOR, ["operator-full.yaml", "operator-other.yaml"], id="operator"),
        pytest.param(PLATFORM, ["platform-full.yaml", "platform-other.yaml"], id="platform"),
    ],
)
def test_every_value_changes_what_is_rendered(chart: Path, files: list[str]) -> None:
    combinations = [merged(chart, MORE / name) for name in files]
    defaults = load(chart / "values.yaml")
    bases = [rendered(chart, values) for values in combinations]
    idle = []
    for path in sorted(schema_paths(chart)):
        changes = (
            rendered(chart, replaced(values, path, other)) not in (base, None)
            for values, base in zip(combinations, bases, strict=True)
            for other in others(path, values, [defaults, *combinations])
        )
        if not any(changes):
            idle.append(path)
    assert None not in bases
    assert idle == []


def others(path: str, values: dict[str, Any], known: list[dict[str, Any]]) -> Iterator[Any]:
    """Yields other values for a path: those in the known files, or the negation of a boolean."""
    own = get(values, path)
    if isinstance(own, bool):
        yield not own
        return
    yield from (get(other, path) for other in known if has(other, path) and get(other, path) != own)


def merged(chart: Path, values: Path) -> dict[str, Any]:
    """Returns the chart's values, overridden by those in a file."""
    known = schema_paths(chart)
    result, over = load(chart / "values.yaml"), load(values)
    for path in paths(over, known):
        result = replaced(result, path, get(over, path))
    return result


def rendered(chart: Path, values: dict[str, Any]) -> str | None:
    """Returns the output of helm for the values; None if it rejects them."""
    done = subprocess.run(
        [helm(), "template", "sf", str(chart), "--values", "-"],
        input=yaml.safe_dump(values),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else None


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the parts of the schema that describe objects, with their paths."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for name, part in schema.items():
            step = "" if name in ("properties", "definitions") else f".{name}"
            yield from objects(part, f"{path}{step}")
