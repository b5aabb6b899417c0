"""The examples of docs/cloud.md, and its figures for large feeds."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from stockfeed.contract.objects import PROBE_PREFIX, events_prefix, feed_prefix, owner_key
from stockfeed.contract.secret_keys import KAFKA_PASSWORD
from stockfeed_operator.cli import main
from support.helm.cli import template

ROOT = Path(__file__).parents[3]
PLATFORM = ROOT / "charts" / "stockfeed-platform"
EXAMPLES = PLATFORM / "examples"
PAGE = (ROOT / "docs" / "cloud.md").read_text()
# The permission for each call to the object store; HEAD needs GetObject, deleting lifecycle rules
# needs PutLifecycleConfiguration.
ACTIONS = {
    "put_object": "s3:PutObject",
    "head_object": "s3:GetObject",
    "get_object": "s3:GetObject",
    "delete_object": "s3:DeleteObject",
    "list_objects_v2": "s3:ListBucket",
    "get_bucket_lifecycle_configuration": "s3:GetLifecycleConfiguration",
    "put_bucket_lifecycle_configuration": "s3:PutLifecycleConfiguration",
    "delete_bucket_lifecycle": "s3:PutLifecycleConfiguration",
}
FEEDS = sorted(EXAMPLES.glob("feed-*.yaml"))

Objects = list[dict[str, Any]]


def render(feed: str) -> Objects:
    done = CliRunner().invoke(main, ["render", "--file", "-"], input=feed)
    assert done.exit_code == 0, done.output
    return [part for part in yaml.safe_load_all(done.output) if part]


def of_kind(objects: Iterable[dict[str, Any]], kind: str) -> Objects:
    return [part for part in objects if part["kind"] == kind]


def policy() -> dict[str, set[str]]:
    """Returns the actions that the policy allows, by resource."""
    found: dict[str, set[str]] = {}
    for part in statements():
        for resource in listed(part["Resource"]):
            found.setdefault(resource, set()).update(listed(part["Action"]))
    return found


def statements() -> Objects:
    found: Objects = json.loads((EXAMPLES / "iam-policy.json").read_text())["Statement"]
    return found


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_example_feeds_exist() -> None:
    assert [path.stem for path in FEEDS] == ["feed-aws", "feed-existing-kafka"]


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_operator_takes_the_example(path: Path) -> None:
    objects = render(path.read_text())
    assert of_kind(objects, "CronWorkflow")
    assert of_kind(objects, "Deployment")


def test_page_names_every_example() -> None:
    for path in [*EXAMPLES.iterdir(), *(ROOT / "charts" / "upstream" / "cloud").iterdir()]:
        assert path.name in PAGE


def test_policy_allows_what_the_object_store_is_asked_for_and_no_more() -> None:
    source = (ROOT / "images" / "pipeline" / "stockfeed" / "objectstore.py").read_text()
    calls = set(re.findall(r"_client\.(\w+)\(", source)) - {"get_paginator"}
    calls |= set(re.findall(r'get_paginator\("(\w+)"\)', source))
    assert calls == set(ACTIONS)
    assert set.union(*policy().values()) == set(ACTIONS.values())


def test_policy_allows_deleting_only_the_probe() -> None:
    deletable = [resource for resource, actions in policy().items() if "s3:DeleteObject" in actions]
    assert [resource.partition("/")[2] for resource in deletable] == [f"{PROBE_PREFIX}*"]


def test_policy_is_limited_to_one_feed_except_for_lifecycle_rules() -> None:
    feed = yaml.safe_load((EXAMPLES / "feed-aws.yaml").read_text())["metadata"]["name"]
    prefixes = (feed_prefix(feed), events_prefix(feed), PROBE_PREFIX)
    assert owner_key(feed).startswith(prefixes)
    unlimited = set()
    for part in statements():
        condition = part.get("Condition", {}).get("StringLike", {}).get("s3:prefix")
        for resource in listed(part["Resource"]):
            path = condition or resource.partition("/")[2]
            if not path.startswith(prefixes):
                unlimited |= set(listed(part["Action"]))
    assert unlimited == {"s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"}


def test_role_trusts_the_feeds_service_accounts() -> None:
    objects = render((EXAMPLES / "feed-aws.yaml").read_text())
    accounts = of_kind(objects, "ServiceAccount")
    for account in accounts:
        assert "eks.amazonaws.com/role-arn" in account["metadata"]["annotations"]
    (statement,) = json.loads((EXAMPLES / "iam-trust.json").read_text())["Statement"]
    (trusted,) = (
        value
        for name, value in statement["Condition"]["StringEquals"].items()
        if name.endswith(":sub")
    )
    assert set(trusted) == {
        f"system:serviceaccount:{part['metadata']['namespace']}:{part['metadata']['name']}"
        for part in accounts
    }


def test_aws_feed_uses_the_platforms_kafka_user() -> None:
    platform = template(PLATFORM, EXAMPLES / "values-cloud.yaml")
    (user,) = of_kind(platform, "KafkaUser")
    feed = yaml.safe_load((EXAMPLES / "feed-aws.yaml").read_text())["spec"]["kafka"]
    assert feed["sasl"]["username"] == user["metadata"]["name"]
    # Strimzi names the Secret like the user, and stores the password under this key.
    assert feed["sasl"]["credentialsSecretRef"]["name"] == user["metadata"]["name"]
    assert KAFKA_PASSWORD == "password"
    assert [part["metadata"]["name"] for part in of_kind(platform, "Kafka")] == [feed["cluster"]]


def large(groups: int, poll: str, per_minute: int, rotate: str) -> str:
    """Returns a feed with the settings on the page: `groups` groups of 100 symbols each."""
    names = [f"g{number}" for number in range(groups)]
    return yaml.safe_dump(
        {
            "apiVersion": "stockfeed.dev/v1alpha1",
            "kind": "StockFeed",
            "metadata": {"name": "large", "namespace": "stocks"},
            "spec": {
                "source": {
                    "baseUrl": "https://finnhub.io/api/v1",
                    "apiKeySecretRef": {"name": "finnhub"},
                    "pollInterval": poll,
                    "requestsPerMinute": per_minute,
                },
                "symbolGroups": [
                    {"name": name, "symbols": [f"{name.upper()}-{number}" for number in range(100)]}
                    for name in names
                ],
                "kafka": {"cluster": "stocks", "partitions": 1},
                "landing": {
                    "bucket": "raw",
                    "region": "eu-central-1",
                    "rotate": {"interval": rotate},
                },
                "warehouse": {
                    "database": "STOCKS",
                    "credentialsSecretRef": {"name": "snowflake"},
                },
            },
        }
    )


def cores(quantity: str) -> float:
    return float(quantity.removesuffix("m")) / 1000 if quantity.endswith("m") else float(quantity)


def mebibytes(quantity: str) -> float:
    number = float(quantity.removesuffix("Mi").removesuffix("Gi"))
    return number * 1024 if quantity.endswith("Gi") else number


def standing(objects: Objects) -> tuple[int, float, float]:
    """Returns the number of permanent pods, and their total requests in cores and GiB."""
    requests = [
        container["resources"]["requests"]
        for part in of_kind(objects, "Deployment")
        for container in part["spec"]["template"]["spec"]["containers"]
    ]
    cpu = sum(cores(part["cpu"]) for part in requests)
    return len(requests), cpu, sum(mebibytes(part["memory"]) for part in requests) / 1024


@pytest.mark.parametrize(
    ("symbols", "feeds", "groups", "poll", "per_minute", "rotate"),
    [("500", 1, 5, "20s", 1500, "15s"), ("10,000", 10, 10, "60s", 1000, "30s")],
)
def test_page_has_the_sizes_of_rendered_feeds(
    symbols: str, feeds: int, groups: int, poll: str, per_minute: int, rotate: str
) -> None:
    objects = render(large(groups, poll, per_minute, rotate))
    pods, cpu, memory = (feeds * number for number in standing(objects))
    topics = feeds * len(of_kind(objects, "KafkaTopic"))
    objects_a_minute = topics * 60 // int(rotate.removesuffix("s"))
    row = (
        f"| {symbols} | {feeds} x {groups} x 100 | {poll} | {per_minute:,} | {rotate} | {pods} | "
        f"{cpu:.2f} | {memory:.1f} GiB | {objects_a_minute} |"
    )
    assert row in PAGE
