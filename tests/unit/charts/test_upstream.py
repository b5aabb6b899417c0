"""Values for other projects' charts, which are not available to tests: see their README."""

import re
from pathlib import Path

import pytest

from support.helm.values import load, paths

UPSTREAM = Path(__file__).parents[3] / "charts" / "upstream"
README = (UPSTREAM / "README.md").read_text()
CHARTS = ("strimzi-kafka-operator", "argo-workflows", "kube-prometheus-stack", "minio")
# Maps that the charts pass on unchanged; Kubernetes or another program defines their keys.
PASSED_ON = {
    "annotations",
    "containerSecurityContext",
    "grafana.ini",
    "resources",
    "storageSpec",
}


def pins() -> dict[str, str]:
    lines = (UPSTREAM / "versions.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def used(chart: str) -> set[str]:
    """Returns the paths of all values that we set for a chart."""
    files = [UPSTREAM / f"{chart}.yaml", *UPSTREAM.glob(f"cloud/{chart}.yaml")]
    return {shortened(path) for file in files for path in paths(load(file), set())}


def shortened(path: str) -> str:
    """Truncates a path at the first map that the chart passes on."""
    names = "|".join(re.escape(name) for name in PASSED_ON)
    found = re.match(rf"(?:.*?\.)??(?:{names})(?=\.|$)", path)
    return found[0] if found else path


def looked_up(chart: str) -> set[str]:
    """Returns the paths of the values listed in the README."""
    section = README.partition(f"### {chart}\n")[2].partition("\n###")[0]
    return set(
        re.findall(r"^\| `([^`]+)` \| \d+(?: of chart grafana.*)? \|$", section, re.MULTILINE)
    )


@pytest.mark.parametrize("chart", CHARTS)
def test_readme_lists_every_value(chart: str) -> None:
    assert used(chart) == looked_up(chart)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_has_a_full_version(chart: str) -> None:
    known = pins()
    (prefix,) = (name.removesuffix("_CHART") for name, value in known.items() if value == chart)
    assert re.fullmatch(r"\d+\.\d+\.\d+", known[f"{prefix}_VERSION"])
    assert known[f"{prefix}_REPO"].startswith("https://")
    assert f"{chart}.yaml" in {path.name for path in UPSTREAM.iterdir()}


def test_readme_names_the_pinned_versions() -> None:
    known = pins()
    for name in ("STRIMZI", "ARGO", "MONITORING", "MINIO"):
        section = README.partition(f"### {known[f'{name}_CHART']}\n")[2].partition("\n|")[0]
        assert known[f"{name}_VERSION"] in section


def test_prometheus_selects_objects_of_all_releases() -> None:
    spec = load(UPSTREAM / "kube-prometheus-stack.yaml")["prometheus"]["prometheusSpec"]
    for kind in ("podMonitor", "serviceMonitor", "probe", "rule"):
        assert spec[f"{kind}SelectorNilUsesHelmValues"] is False


def test_prometheus_scrapes_argos_controller() -> None:
    controller = load(UPSTREAM / "argo-workflows.yaml")["controller"]
    assert controller["metricsConfig"]["enabled"] is True
    assert controller["metricsConfig"]["honorLabels"] is True
    assert controller["serviceMonitor"]["enabled"] is True
