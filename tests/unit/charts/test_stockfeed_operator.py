"""The rendered stockfeed-operator chart."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from stockfeed.contract import endpoints
from stockfeed_operator.settings import Settings, variables
from stockfeed_operator.spec.crd import crd
from support.helm.cli import run, template

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "stockfeed-operator"
FULL = Path(__file__).parent / "values" / "operator-full.yaml"
NATIVE = ("apps/v1", "v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1")

Objects = list[dict[str, Any]]


@pytest.fixture(scope="module")
def default() -> Objects:
    return template(CHART)


@pytest.fixture(scope="module")
def full() -> Objects:
    return template(CHART, FULL)


def find(objects: Objects, kind: str, suffix: str = "") -> dict[str, Any]:
    (found,) = (
        part
        for part in objects
        if part["kind"] == kind and part["metadata"]["name"].endswith(suffix)
    )
    return found


def container(objects: Objects) -> dict[str, Any]:
    (found,) = find(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(found)


def rules(objects: Objects) -> Objects:
    """Returns the operator's permissions on feeds' objects and on its Lease."""
    suffixes = ("operator", "-leader")
    return [
        rule
        for part in objects
        if part["kind"] in ("Role", "ClusterRole") and part["metadata"]["name"].endswith(suffixes)
        for rule in part["rules"]
    ]


@pytest.mark.parametrize("values", [(), ("--values", str(FULL))], ids=["default", "full"])
def test_lint_is_clean(values: tuple[str, ...]) -> None:
    done = run("lint", "--strict", str(CHART), *values)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["1.30", "1.37"])
@pytest.mark.parametrize("values", ["default", "full"])
def test_native_objects_are_valid(
    values: str, version: str, request: pytest.FixtureRequest
) -> None:
    for part in request.getfixturevalue(values):
        if part["apiVersion"] in NATIVE:
            kubernetes_validate.validate(part, version, strict=True)


def test_crd_is_generated_and_kept_on_uninstall(default: Objects) -> None:
    rendered = find(default, "CustomResourceDefinition")
    assert rendered["spec"] == crd()["spec"]
    assert rendered["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_crd_can_be_disabled() -> None:
    objects = template(CHART, None, "--set", "crd.install=false")
    assert "CustomResourceDefinition" not in {part["kind"] for part in objects}


def test_sets_all_settings_of_the_operator(full: Objects) -> None:
    env = {entry["name"]: entry.get("value", "from-the-pod") for entry in container(full)["env"]}
    # Pods listen on all interfaces, which is the default of HTTP_HOST.
    assert set(env) == set(variables()) - {"STOCKFEED_OPERATOR_HTTP_HOST"}
    settings = Settings.from_env(env)
    assert settings.namespaces == ("streams", "markets")
    assert settings.pipeline_image == "registry.example/pipeline@sha256:" + 64 * "0"
    assert settings.dbt_image == "registry.example/dbt:3"
    assert settings.resync_interval == 60
    assert settings.task_results_role == "feeds-operator-task-results"


def test_image_tag_defaults_to_the_charts_version(default: Objects) -> None:
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert container(default)["image"] == f"docker.io/stockfeed/operator:{version}"


def test_probes_use_the_operators_endpoints(default: Objects) -> None:
    operator = container(default)
    assert operator["ports"] == [{"name": "http", "containerPort": endpoints.HTTP_PORT}]
    assert operator["livenessProbe"]["httpGet"]["path"] == endpoints.HEALTHZ
    assert operator["readinessProbe"]["httpGet"]["path"] == endpoints.READYZ


def test_operator_is_hardened(default: Objects) -> None:
    pod = find(default, "Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(default)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_operator_has_no_permission_on_secrets_and_no_wildcard(
    default: Objects, full: Objects
) -> None:
    for rule in [*rules(default), *rules(full)]:
        assert "secrets" not in rule["resources"]
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]


def test_operator_may_bind_only_the_task_results_role(default: Objects) -> None:
    (binding,) = (rule for rule in rules(default) if "bind" in rule["verbs"])
    role = find(default, "ClusterRole", "-task-results")
    assert binding["resourceNames"] == [role["metadata"]["name"]]
    assert role["rules"] == [
        {
            "apiGroups": ["argoproj.io"],
            "resources": ["workflowtaskresults"],
            "verbs": ["create", "patch"],
        }
    ]


def test_namespaces_restrict_permissions(full: Objects) -> None:
    roles = [
        part["metadata"]["namespace"]
        for part in full
        if part["kind"] == "Role" and part["metadata"]["name"] == "feeds-operator"
    ]
    assert roles == ["streams", "markets"]
    bindings = [part for part in full if part["kind"] == "ClusterRoleBinding"]
    assert [part["roleRef"]["name"] for part in bindings] == ["feeds-operator-discovery"]
    assert find(full, "ClusterRole", "-discovery")["rules"] == [
        {
            "apiGroups": ["apiextensions.k8s.io"],
            "resources": ["customresourcedefinitions"],
            "verbs": ["list", "watch"],
        },
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]},
    ]


def test_lease_permission_is_for_the_configured_lease(default: Objects) -> None:
    env = {entry["name"]: entry.get("value") for entry in container(default)["env"]}
    leases = [rule for rule in rules(default) if rule["resources"] == ["leases"]]
    assert [rule.get("resourceNames") for rule in leases] == [
        None,
        [env["STOCKFEED_OPERATOR_LEASE_NAME"]],
    ]


def test_every_object_has_the_recommended_labels(full: Objects) -> None:
    for part in full:
        labels = part["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "feeds"
        assert labels["app.kubernetes.io/part-of"] == "stockfeed"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"


def test_selectors_match_the_operators_pods(full: Objects) -> None:
    labels = find(full, "Deployment")["spec"]["template"]["metadata"]["labels"]
    selectors = [
        find(full, "Deployment")["spec"]["selector"]["matchLabels"],
        find(full, "PodMonitor")["spec"]["selector"]["matchLabels"],
        find(full, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)


def test_metrics_keep_the_feeds_namespace(full: Objects) -> None:
    (endpoint,) = find(full, "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert endpoint["honorLabels"] is True


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ("replica=2", "replica"),
        ("settings.logLevel=trace", "logLevel"),
        ("settings.maxWorkers=0", "maxWorkers"),
        ("images.operator.name=x", "name"),
        ("namespaces={A_b}", "namespaces"),
    ],
)
def test_rejects_unknown_and_invalid_values(values: str, problem: str) -> None:
    done = run("template", "sf", str(CHART), "--set", values)
    assert done.returncode != 0
    assert problem in done.stderr


def test_notes_explain_how_to_uninstall() -> None:
    done = run("install", "sf", str(CHART), "--dry-run=client", "--namespace", "streams")
    assert done.returncode == 0, done.stderr
    notes = done.stdout.partition("NOTES:")[2]
    assert "kubectl delete stockfeeds --all --all-namespaces" in notes
    assert "rollout status deployment/sf-stockfeed-operator" in notes
