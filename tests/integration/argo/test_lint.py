"""Argo's own linter checks `workflows/` and the Workflows that the operator creates."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stockfeed_operator.kube.kinds import Manifest
from stockfeed_operator.manifests.workflow import cron_workflow, final_load
from stockfeed_operator.manifests.workflow_spec import containers_of
from stockfeed_operator.plan.desired import render
from stockfeed_operator.spec.validate import check
from support.argolint.tool import ArgoLint, build
from support.inmemory.feeds import INSTALLATION, feed

# The first build of the program takes minutes.
pytestmark = pytest.mark.timeout(1800)

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "workflows").glob("*.yaml"))
SAMPLES = sorted((ROOT / "tests/unit/stockfeed_operator/golden").glob("*.feed.yaml"))
KINDS = {"CronWorkflow", "Workflow", "WorkflowTemplate"}


@pytest.fixture(scope="session")
def argolint() -> ArgoLint:
    return build()


@pytest.fixture
def lint(argolint: ArgoLint, tmp_path: Path) -> Callable[..., list[str]]:
    """Returns the linter's problems with manifests, each in its own file."""

    def run(*manifests: Manifest) -> list[str]:
        paths = [tmp_path / f"{number}.yaml" for number in range(len(manifests))]
        for path, manifest in zip(paths, manifests, strict=True):
            path.write_text(yaml.safe_dump(manifest))
        return list(itertools.chain(*argolint.problems(paths).values()))

    return run


def _submitted(template: Manifest, **parameters: str) -> Manifest:
    """Returns the Workflow that `argo submit --from` creates from a template."""
    given = [{"name": name.replace("_", "-"), "value": text} for name, text in parameters.items()]
    return {
        "apiVersion": template["apiVersion"],
        "kind": "Workflow",
        "metadata": {"generateName": "one-", "namespace": template["metadata"]["namespace"]},
        "spec": {
            "workflowTemplateRef": {"name": template["metadata"]["name"]},
            "arguments": {"parameters": given},
        },
    }


def _named(manifests: list[Manifest], name: str) -> Manifest:
    return next(part for part in manifests if part["metadata"]["name"] == name)


def _argos(sample: Path) -> Iterator[Manifest]:
    found = check(yaml.safe_load(sample.read_text()))
    yield from (part for part in render(found, INSTALLATION) if part["kind"] in KINDS)
    yield final_load(found, INSTALLATION, 1_700_000_000)


def test_workflow_files_have_no_problems(argolint: ArgoLint) -> None:
    assert [path.stem for path in FILES] == [
        *("daily", "load-and-build", "rebuild", "replay", "trace", "verify")
    ]
    assert argolint.problems(FILES) == {str(path): [] for path in FILES}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name.partition(".")[0])
def test_rendered_workflows_have_no_problems(sample: Path, lint: Callable[..., list[str]]) -> None:
    manifests = list(_argos(sample))
    assert len(manifests) >= 3
    assert lint(*manifests) == []


def test_templates_accept_parameters(lint: Callable[..., list[str]]) -> None:
    manifests = [part for part in render(feed(), INSTALLATION) if part["kind"] in KINDS]
    replay, rebuild, verify, trace = (
        _named(manifests, f"us-{name}") for name in ("replay", "rebuild", "verify", "trace")
    )
    runs = [
        _submitted(replay, from_offset="5", to_offset="9", partition="1"),
        _submitted(rebuild, model="gold_kpi"),
        _submitted(verify, **{"from": "6h", "patience": "1m"}),
        _submitted(trace, symbol="BRK.B"),
    ]
    assert lint(replay, rebuild, verify, trace, *runs) == []


def _build(cron: Manifest) -> dict[str, Any]:
    _, main = containers_of(cron["spec"]["workflowSpec"])
    return main


def _wait_for_nobody(cron: Manifest) -> None:
    _build(cron)["dependencies"] = ["lod"]


def _have_no_such_parameter(cron: Manifest) -> None:
    _build(cron)["command"].append("{{workflow.parameters.fed}}")


def _start_nowhere(cron: Manifest) -> None:
    cron["spec"]["workflowSpec"]["entrypoint"] = "nowhere"


def _use_the_removed_mutex(cron: Manifest) -> None:
    synchronization = cron["spec"]["workflowSpec"]["synchronization"]
    synchronization["mutex"] = synchronization.pop("mutexes")[0]


def _run_at_the_seventieth_minute(cron: Manifest) -> None:
    cron["spec"]["schedules"] = ["70 * * * *"]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_wait_for_nobody, "main dependency 'lod' not defined"),
        (_have_no_such_parameter, "failed to resolve {{workflow.parameters.fed}}"),
        (_start_nowhere, "template name 'nowhere' undefined"),
        (_use_the_removed_mutex, 'unknown field "spec.workflowSpec.synchronization.mutex"'),
        (_run_at_the_seventieth_minute, "end of range (70) above maximum (59)"),
    ],
)
def test_linter_finds_mistakes(
    spoil: Callable[[Manifest], None], problem: str, lint: Callable[..., list[str]]
) -> None:
    cron = cron_workflow(feed(), INSTALLATION, suspended=False)
    spoil(cron)
    (found,) = lint(cron)
    assert problem in found


def test_file_without_argo_objects_is_a_problem(lint: Callable[..., list[str]]) -> None:
    nothing = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    assert lint(nothing) == ["holds no Workflow, WorkflowTemplate or CronWorkflow"]
