"""What `render` prints for sample feeds, against golden files, schemas and the pods' own settings.

To write the golden files anew after a wanted change, then look at the difference:
`STOCKFEED_REFRESH_GOLDEN=1 python -m pytest tests/unit/stockfeed_operator/test_render.py`
"""

import os
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

from inmemory.feeds import INSTALLATION, feed
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
from stockfeed_operator.build.specs import containers_of
from stockfeed_operator.cli import main
from stockfeed_operator.desired import render
from stockfeed_operator.kinds import Manifest
from stockfeed_operator.manifests_yaml import to_yaml
from stockfeed_operator.validate import check

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted(path.name.removesuffix(".feed.yaml") for path in GOLDEN.glob("*.feed.yaml"))
NATIVE_GROUPS = ("apps", "networking.k8s.io", "policy", "rbac.authorization.k8s.io")
VERSIONS = ("1.30", kubernetes_validate.latest_version())


def _rendered(sample: str) -> list[Manifest]:
    text = (GOLDEN / f"{sample}.feed.yaml").read_text()
    return render(check(yaml.safe_load(text)), INSTALLATION)


def _is_native(manifest: Manifest) -> bool:
    group, _, version = manifest["apiVersion"].rpartition("/")
    return version == "v1" and group in ("", *NATIVE_GROUPS)


def test_samples_cover_what_feeds_can_be() -> None:
    assert SAMPLES == [
        "per-event",
        "session-calendar",
        "smallest",
        "suspended",
        "tls",
        "two-groups",
    ]


@pytest.mark.parametrize("sample", SAMPLES)
def test_golden(sample: str) -> None:
    golden = GOLDEN / f"{sample}.rendered.yaml"
    text = to_yaml(*_rendered(sample))
    if os.environ.get("STOCKFEED_REFRESH_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


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
    """The environment of each container, by its command."""
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
            # Two runs of one role, such as the minute's build and the daily one, are two.
            name = " ".join(container["command"][1:])
            found[name] = _environment(container, parameters)
    return found


class _Inspection(InspectionSettings, BrokerSettings):
    """What `stockfeed verify` and `stockfeed trace` read."""


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
def test_each_role_understands_its_environment(sample: str) -> None:
    containers = _containers(sample)
    without_dbt = sample == "two-groups"
    assert {command.partition(" ")[0] for command in containers} == (
        set(ROLES) - ({"build"} if without_dbt else set())
    )
    for command, environment in containers.items():
        role, _, _ = command.partition(" ")
        # The build's image knows where its project is.
        given = {env.DBT_PROJECT_DIR: "/dbt", **environment}
        settings = ROLES[role].model_validate(given)
        assert settings.feed == "us-equities"
        # The files are not there: what is missing must be files, each of a Secret that is mounted.
        missing = [secret.missing() for secret in settings.credentials()]
        assert all("/etc/stockfeed/secrets/" in text for text in missing), missing


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_variable_is_unknown_to_the_contract(sample: str) -> None:
    known = {value for name, value in vars(env).items() if name.isupper()} | {"HOME"}
    for environment in _containers(sample).values():
        assert set(environment) <= known


def test_names_of_the_longest_feed_fit() -> None:
    longest = feed("f" * 40, symbolGroups=[{"name": "g" * 30, "symbols": ["A"]}])
    limits = {"CronWorkflow": 52, "ServiceAccount": 63, "RoleBinding": 63}
    for manifest in render(longest, INSTALLATION):
        assert len(manifest["metadata"]["name"]) <= limits.get(manifest["kind"], 200)
        assert all(len(value) <= 63 for value in manifest["metadata"]["labels"].values())


def test_the_command_prints_what_would_be_applied() -> None:
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
def test_the_namespace_is_the_files_then_the_options(
    tmp_path: Path, named: bool, option: str | None, namespace: str
) -> None:
    text = (GOLDEN / "smallest.feed.yaml").read_text()
    file = tmp_path / "feed.yaml"
    file.write_text(text if named else text.replace(", namespace: markets", ""))
    options = [] if option is None else ["-n", option]
    done = CliRunner().invoke(main, ["render", "-f", str(file), *options])
    found = {part["metadata"]["namespace"] for part in yaml.safe_load_all(done.stdout)}
    assert found == {namespace}


def test_the_command_refuses_a_wrong_feed() -> None:
    wrong = (GOLDEN / "smallest.feed.yaml").read_text().replace("AAPL", "aapl")
    done = CliRunner().invoke(main, ["render", "-f", "-"], input=wrong)
    assert done.exit_code == 1
    assert "spec.symbolGroups[0].symbols[0]" in done.stderr
    assert done.stdout == ""
