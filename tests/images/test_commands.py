"""The images' commands, run as hardened as in a cluster and without a network."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from support.images import engine

FEED = {
    "apiVersion": "stockfeed.dev/v1alpha1",
    "kind": "StockFeed",
    "metadata": {"name": "us", "namespace": "stocks"},
    "spec": {
        "source": {"apiKeySecretRef": {"name": "finnhub", "key": "token"}},
        "symbolGroups": [{"name": "autos", "symbols": ["F", "GM"]}],
        "kafka": {"cluster": "stocks"},
        "landing": {"bucket": "raw-quotes"},
        "warehouse": {"database": "STOCKS", "credentialsSecretRef": {"name": "snowflake"}},
    },
}


@pytest.mark.parametrize(
    ("image", "command", "missing"),
    [
        (
            "pipeline",
            ["stockfeed", "producer"],
            ["FEED", "GROUP", "SYMBOLS", "KAFKA_BOOTSTRAP_SERVERS", "SOURCE_API_KEY"],
        ),
        ("pipeline", ["stockfeed", "consumer"], ["FEED", "KAFKA_TOPIC", "S3_BUCKET"]),
        ("pipeline", ["stockfeed", "loader", "--once"], ["S3_BUCKET", "WAREHOUSE_DATABASE"]),
        ("dbt", ["stockfeed", "build"], ["FEED", "WAREHOUSE_DATABASE"]),
    ],
)
def test_role_names_all_missing_settings(
    built: Callable[[str], str], image: str, command: list[str], missing: list[str]
) -> None:
    result = engine.run(built(image), *command)
    assert result.returncode == 1
    said = [line.split(":")[0].strip() for line in result.stderr.splitlines()]
    for name in missing:
        assert any(f"STOCKFEED_{name}" in line.split(" or ") for line in said), result.stderr
    assert "STOCKFEED_DBT_PROJECT_DIR" not in result.stderr


@pytest.mark.parametrize(
    ("image", "command", "text"),
    [
        ("pipeline", ["stockfeed", "loader", "--help"], "--once"),
        ("dbt", ["stockfeed", "build", "--help"], "--daily"),
        ("dbt", ["dbt", "--version"], "snowflake"),
        ("operator", ["stockfeed-operator", "--help"], "render"),
        ("local", ["stockfeed", "demo", "--help"], "--bars"),
        ("local", ["weed", "version"], "version"),
    ],
)
def test_command_succeeds(
    built: Callable[[str], str], image: str, command: list[str], text: str
) -> None:
    result = engine.run(built(image), *command)
    assert result.returncode == 0, result.stderr
    assert text in result.stdout


def test_operator_prints_its_crd(built: Callable[[str], str]) -> None:
    definition = yaml.safe_load(engine.run(built("operator"), "stockfeed-operator", "crd").stdout)
    assert definition["metadata"]["name"] == "stockfeeds.stockfeed.dev"


def test_operator_renders_a_feed_with_its_workflow(
    built: Callable[[str], str], tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)  # the container runs as another user
    (tmp_path / "feed.yaml").write_text(yaml.safe_dump(FEED))
    result = engine.run(
        built("operator"), "stockfeed-operator", "render", "-f", "/feeds/feed.yaml",
        volumes={tmp_path: "/feeds:ro"},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    kinds = {manifest["kind"] for manifest in yaml.safe_load_all(result.stdout)}
    assert {"CronWorkflow", "Deployment", "KafkaTopic"} <= kinds


@pytest.mark.parametrize(
    ("image", "package"),
    [
        ("pipeline", "stockfeed.producer"),
        ("pipeline", "stockfeed.consumer"),
        ("pipeline", "stockfeed.loader"),
        ("dbt", "stockfeed.transform"),
        ("operator", "stockfeed_operator"),
        ("local", "stockfeed_local"),
    ],
)
def test_all_modules_of_a_role_can_be_imported(
    built: Callable[[str], str], image: str, package: str
) -> None:
    code = (
        "import importlib, json, pkgutil, sys\n"
        "root = importlib.import_module(sys.argv[1])\n"
        "found = [m.name for m in pkgutil.walk_packages(root.__path__, root.__name__ + '.')]\n"
        "found = [name for name in found if not name.endswith('__main__')]\n"
        "[importlib.import_module(name) for name in found]\n"
        "print(json.dumps(found))\n"
    )
    result = engine.run(built(image), "python", "-c", code, package)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1])
