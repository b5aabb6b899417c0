"""MinIO's chart with StockFeed's values; the other upstream charts are in no package registry."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stockfeed.contract.objects import PROBE_PREFIX
from support.helm.cli import run, template
from support.helm.values import get, load, paths, replaced
from support.tools.cache import required_for
from support.tools.go import GoFiles

CHARTS = Path(__file__).parents[3] / "charts"
VALUES = CHARTS / "upstream" / "minio.yaml"
PLATFORM = CHARTS / "stockfeed-platform"
# The newest commit; the chart has not changed since its release.
MODULE = GoFiles(
    "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c",
    "h1:/qdoYujxF5MBLDMVLeiYJ/7fBa1HikX39Dvzb9Ji8pA=",
)
# Maps that the chart passes on unchanged; Kubernetes defines their keys.
PASSED_ON = {"resources", "containerSecurityContext"}

Objects = list[dict[str, Any]]


@pytest.fixture(scope="module")
def chart() -> Path:
    with required_for("MinIO's values against its chart"):
        return MODULE.directory() / "helm" / "minio"


@pytest.fixture(scope="module")
def objects(chart: Path) -> Objects:
    return template(chart, VALUES)


@pytest.fixture(scope="module")
def platform() -> Objects:
    return template(PLATFORM, PLATFORM / "values-kind.yaml")


def find(objects: Objects, kind: str, name: str) -> dict[str, Any]:
    (found,) = (
        part for part in objects if part["kind"] == kind and part["metadata"]["name"] == name
    )
    return found


def policy(objects: Objects) -> Objects:
    scripts = find(objects, "ConfigMap", "sf-minio")["data"]
    return list(json.loads(scripts["policy_0.json"])["Statement"])


def test_chart_has_the_pinned_version(chart: Path) -> None:
    pins = (CHARTS / "upstream" / "versions.env").read_text()
    version = yaml.safe_load((chart / "Chart.yaml").read_text())["version"]
    assert f"MINIO_VERSION={version}\n" in pins


def changed(values: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each path, with the values changed at that path."""
    for path in sorted(paths(values, PASSED_ON)):
        value = get(values, path)
        if isinstance(value, bool):
            yield path, replaced(values, path, not value)
        elif isinstance(value, str):
            yield path, replaced(values, path, "9Gi" if path.endswith("size") else "other")
        else:
            yield path, replaced(values, path, type(value)())


def test_chart_uses_every_value(chart: Path, tmp_path: Path) -> None:
    base = run("template", "minio", str(chart), "--values", str(VALUES)).stdout
    idle = []
    for path, values in changed(load(VALUES)):
        file = tmp_path / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        if run("template", "minio", str(chart), "--values", str(file)).stdout == base:
            idle.append(path)
    assert base
    assert idle == []


def test_renders_one_small_server_without_root(objects: Objects) -> None:
    deployment = find(objects, "Deployment", "sf-minio")["spec"]
    assert (deployment["replicas"], deployment["strategy"]["type"]) == (1, "Recreate")
    (container,) = deployment["template"]["spec"]["containers"]
    assert container["image"].startswith("quay.io/minio/minio:RELEASE.")
    assert container["resources"]["requests"]["memory"] == "512Mi"
    assert container["securityContext"]["runAsNonRoot"] is True


def test_service_has_the_sample_feeds_endpoint(chart: Path) -> None:
    named = run("template", "minio", str(chart), "--values", str(VALUES)).stdout
    objects = [part for part in yaml.safe_load_all(named) if part]
    (port,) = find(objects, "Service", "minio")["spec"]["ports"]
    feed = yaml.safe_load((CHARTS / "kind" / "feed.yaml").read_text())
    assert feed["spec"]["landing"]["endpoint"] == f"http://minio:{port['port']}"


def test_creates_the_sample_feeds_bucket(objects: Objects) -> None:
    feed = yaml.safe_load((CHARTS / "kind" / "feed.yaml").read_text())
    bucket = feed["spec"]["landing"]["bucket"]
    assert [part["name"] for part in load(VALUES)["buckets"]] == [bucket]
    resources = {resource for statement in policy(objects) for resource in statement["Resource"]}
    assert resources == {
        f"arn:aws:s3:::{bucket}",
        f"arn:aws:s3:::{bucket}/*",
        f"arn:aws:s3:::{bucket}/{PROBE_PREFIX}*",
    }


def test_uses_the_platforms_secrets(objects: Objects, platform: Objects) -> None:
    assert "Secret" not in {part["kind"] for part in objects}
    (container,) = find(objects, "Deployment", "sf-minio")["spec"]["template"]["spec"]["containers"]
    references = [
        entry["valueFrom"]["secretKeyRef"] for entry in container["env"] if "valueFrom" in entry
    ]
    assert len(references) == 2
    for reference in references:
        assert reference["key"] in find(platform, "Secret", reference["name"])["data"]


def test_creates_the_feeds_user_from_the_feeds_secret(platform: Objects) -> None:
    (user,) = load(VALUES)["users"]
    secret = find(platform, "Secret", user["existingSecret"])["data"]
    assert user["existingSecretKey"] in secret
    kind = load(PLATFORM / "values-kind.yaml")
    assert user["accessKey"] == kind["objectStore"]["accessKeyId"]
    assert user["policy"] == load(VALUES)["policies"][0]["name"]


def test_feeds_cannot_delete_objects(objects: Objects) -> None:
    for statement in policy(objects):
        if "s3:DeleteObject" in statement["Action"]:
            assert all(PROBE_PREFIX in resource for resource in statement["Resource"])
