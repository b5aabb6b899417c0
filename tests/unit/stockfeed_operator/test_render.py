"""Checks the output of `render` against golden files, Kubernetes schemas and the roles' settings.

`golden/smallest.rendered.yaml` is the complete output for the smallest feed. Every other sample
has a `.rendered.diff` against it: first the list of objects, then each object that differs.
Equal diffs against the same file mean equal output, down to the order of objects and fields.

After an intended change, rewrite the golden files and review them with `git diff`:
`STOCKFEED_REFRESH_GOLDEN=1 python -m pytest tests/unit/stockfeed_operator/test_render.py`
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

from stockfeed.contract import env
from stockfeed.settings import (
    BrokerSettings,
    BuildSettings,
    ConsumerSettings,
    InspectionSettings,
    LoaderSettings,
    ProducerSettings,
    Settings,
)
from stockfeed_operator.cli import main
from stockfeed_operator.kube.kinds import Manifest
from stockfeed_operator.manifests.workflow_spec import containers_of
from stockfeed_operator.plan.desired import desired, render
from stockfeed_operator.plan.plan import Intent, Plan, StopReason, standalone_plan
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.validate import check
from stockfeed_operator.spec.yaml import to_yaml
from support.inmemory.feeds import INSTALLATION, feed

GOLDEN = Path(__file__).parent / "golden"
SMALLEST = GOLDEN / "smallest.rendered.yaml"
SAMPLES = sorted(path.name.removesuffix(".feed.yaml") for path in GOLDEN.glob("*.feed.yaml"))
_REFRESH = bool(os.environ.get("STOCKFEED_REFRESH_GOLDEN"))
NATIVE_GROUPS = ("apps", "networking.k8s.io", "policy", "rbac.authorization.k8s.io")
VERSIONS = ("1.30", kubernetes_validate.latest_version())


def _feed(sample: str) -> StockFeed:
    return check(yaml.safe_load((GOLDEN / f"{sample}.feed.yaml").read_text()))


def _rendered(sample: str) -> list[Manifest]:
    found = _feed(sample)
    if sample == "session-closed":
        return list(desired(found, _plan_outside_session(found), INSTALLATION).manifests)
    return render(found, INSTALLATION)


def _plan_outside_session(found: StockFeed) -> Plan:
    """Returns the plan of a feed that has stopped because its exchange is closed."""
    suspended = found.model_copy(update={"spec": found.spec.model_copy(update={"suspend": True})})
    plan = standalone_plan(suspended)
    return replace(plan, intent=Intent(StopReason.SESSION_CLOSED, None, plan.intent.stopping))


def _objects(text: str) -> dict[str, list[str]]:
    """Splits rendered YAML into the lines of each object, keyed by kind and name, in order."""
    found = {}
    for document in text.split("\n---\n"):
        manifest = yaml.safe_load(document)
        key = f"{manifest['kind']} {manifest['metadata']['name']}"
        assert key not in found
        found[key] = document.removesuffix("\n").split("\n")
    return found


def _diff(base: str, other: str) -> str:
    """Returns a unified diff for the list of objects, and one for each object that differs."""
    before, after = _objects(base), _objects(other)
    lines: list[str] = [*_diff_of("objects", list(before), list(after))]
    # Line numbers count from the start of each object, so that a change to one object does not
    # move the hunks of the objects after it.
    for key in (*after, *(key for key in before if key not in after)):
        lines = [*lines, *_diff_of(key, before.get(key, []), after.get(key, []))]
    return "".join(f"{line}\n" for line in lines)


def _diff_of(name: str, before: list[str], after: list[str]) -> Iterator[str]:
    return unified_diff(before, after, f"smallest: {name}", name, n=1, lineterm="")


def _is_native(manifest: Manifest) -> bool:
    group, _, version = manifest["apiVersion"].rpartition("/")
    return version == "v1" and group in ("", *NATIVE_GROUPS)


def test_samples_cover_every_kind_of_feed() -> None:
    assert SAMPLES == [
        "per-event",
        "session-closed",
        "smallest",
        "suspended",
        "tls",
        "two-groups",
    ]


def _assert_golden(file: Path, text: str) -> None:
    if _REFRESH:
        file.write_text(text)
    assert text == file.read_text()


def test_smallest_feed_renders_the_golden_output() -> None:
    _assert_golden(SMALLEST, to_yaml(*_rendered("smallest")))


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample != "smallest"])
def test_other_feeds_differ_from_the_smallest_as_recorded(sample: str) -> None:
    # Against the file, not against fresh output: a change to every object must fail every sample.
    base = to_yaml(*_rendered("smallest")) if _REFRESH else SMALLEST.read_text()
    _assert_golden(GOLDEN / f"{sample}.rendered.diff", _diff(base, to_yaml(*_rendered(sample))))


def test_a_session_leaves_a_running_feed_as_it_is() -> None:
    assert render(_feed("session-closed"), INSTALLATION) == _rendered("smallest")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_native_objects_are_valid(sample: str, version: str) -> None:
    native = [manifest for manifest in _rendered(sample) if _is_native(manifest)]
    assert len(native) >= 7
    for manifest in native:
        kubernetes_validate.validate(manifest, version, strict=True)


def _environment(container: dict[str, Any], parameters: dict[str, str]) -> dict[str, str]:
    found = {}
    for variable in container["env"]:
        value = variable["value"]
        for name, text in parameters.items():
            value = value.replace(f"{{{{workflow.parameters.{name}}}}}", text)
        if value:
            found[variable["name"]] = value
    return found


def _containers(sample: str) -> dict[str, dict[str, str]]:
    """Returns the environment of each container, keyed by its command."""
    found = {}
    for manifest in _rendered(sample):
        spec = manifest.get("spec", {})
        parameters: dict[str, str] = {}
        if manifest["kind"] == "Deployment":
            containers = spec["template"]["spec"]["containers"]
        elif manifest["kind"] == "CronWorkflow":
            workflow = spec["workflowSpec"]
            containers = containers_of(workflow)
            listed = workflow["arguments"]["parameters"]
            parameters = {part["name"]: part["value"] for part in listed}
        elif manifest["kind"] == "WorkflowTemplate":
            containers = containers_of(spec)
            listed = spec["arguments"]["parameters"]
            parameters = {part["name"]: part["value"] for part in listed if "value" in part}
        else:
            continue
        for container in containers:
            # By command rather than by role: the build runs every minute and, differently, daily.
            name = " ".join(container["command"][1:])
            found[name] = _environment(container, parameters)
    return found


class _Inspection(InspectionSettings, BrokerSettings):
    """Settings of `stockfeed verify` and `stockfeed trace`."""


ROLES: dict[str, type[Settings]] = {
    "producer": ProducerSettings,
    "consumer": ConsumerSettings,
    "loader": LoaderSettings,
    "replay": LoaderSettings,
    "build": BuildSettings,
    "verify": _Inspection,
    "trace": _Inspection,
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_each_role_accepts_its_environment(sample: str) -> None:
    containers = _containers(sample)
    without_dbt = sample == "two-groups"
    assert {command.partition(" ")[0] for command in containers} == (
        set(ROLES) - ({"build"} if without_dbt else set())
    )
    for command, environment in containers.items():
        role, _, _ = command.partition(" ")
        # The dbt image sets its own project directory.
        given = {env.DBT_PROJECT_DIR: "/dbt", **environment}
        settings = ROLES[role].model_validate(given)
        assert settings.feed == "us-equities"
        # No Secret is mounted here, so every credential must be missing, and only for its file.
        missing = [secret.missing_message() for secret in settings.credentials()]
        assert all("/etc/stockfeed/secrets/" in text for text in missing), missing


@pytest.mark.parametrize("sample", SAMPLES)
def test_containers_set_only_variables_of_the_contract(sample: str) -> None:
    known = {value for name, value in vars(env).items() if name.isupper()} | {"HOME"}
    for environment in _containers(sample).values():
        assert set(environment) <= known


def test_longest_feed_name_stays_within_kubernetes_limits() -> None:
    longest = feed("f" * 40, symbolGroups=[{"name": "g" * 30, "symbols": ["A"]}])
    limits = {"CronWorkflow": 52, "ServiceAccount": 63, "RoleBinding": 63}
    for manifest in render(longest, INSTALLATION):
        assert len(manifest["metadata"]["name"]) <= limits.get(manifest["kind"], 200)
        assert all(len(value) <= 63 for value in manifest["metadata"]["labels"].values())


def test_command_prints_the_rendered_objects() -> None:
    file = str(GOLDEN / "smallest.feed.yaml")
    done = CliRunner().invoke(main, ["render", "-f", file, "--pipeline-image", "p:9"])
    assert done.exit_code == 0
    documents = list(yaml.safe_load_all(done.stdout))
    assert [part["kind"] for part in documents] == [part["kind"] for part in _rendered("smallest")]
    assert "image: p:9" in done.stdout


@pytest.mark.parametrize(
    ("named", "option", "namespace"),
    [(True, "other", "markets"), (False, "other", "other"), (False, None, "default")],
)
def test_namespace_comes_from_the_file_then_the_option_then_default(
    tmp_path: Path, named: bool, option: str | None, namespace: str
) -> None:
    text = (GOLDEN / "smallest.feed.yaml").read_text()
    file = tmp_path / "feed.yaml"
    file.write_text(text if named else text.replace(", namespace: markets", ""))
    options = [] if option is None else ["-n", option]
    done = CliRunner().invoke(main, ["render", "-f", str(file), *options])
    found = {part["metadata"]["namespace"] for part in yaml.safe_load_all(done.stdout)}
    assert found == {namespace}


def test_command_rejects_an_invalid_feed() -> None:
    wrong = (GOLDEN / "smallest.feed.yaml").read_text().replace("AAPL", "aapl")
    done = CliRunner().invoke(main, ["render", "-f", "-"], input=wrong)
    assert done.exit_code == 1
    assert "spec.symbolGroups[0].symbols[0]" in done.stderr
    assert done.stdout == ""
