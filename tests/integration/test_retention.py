"""Tests of the consumer's lifecycle rules in a real S3 server; expiry itself is not tested."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from prometheus_client import CollectorRegistry

from stockfeed.consumer.retention import apply_retention
from stockfeed.metrics import ConsumerMetrics
from stockfeed.objectstore import ObjectStore
from stockfeed.ownership import ClaimedFeed
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.s3 import SeaweedS3

FOREIGN = [
    {"ID": "logs", "Prefix": "logs/", "Status": "Enabled", "Expiration": {"Days": 1}},
    {
        "ID": "parts",
        "Filter": {"Prefix": ""},
        "Status": "Disabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    },
    {
        "ID": "tagged",
        "Filter": {"And": {"Prefix": "feed=", "Tags": [{"Key": "keep", "Value": "no"}]}},
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
    },
]
Rules = Callable[..., list[Any]]
Apply = Callable[..., None]
Build = Callable[[str, str], dict[str, str]]
SetBy = Callable[[str, str], dict[str, int]]


@pytest.fixture
def rules(s3: SeaweedS3, s3_bucket: str) -> Rules:
    """Returns the bucket's rules, after setting the given ones if any."""
    client = s3.client()

    def read(*new: Any) -> list[Any]:
        if new:
            client.put_bucket_lifecycle_configuration(
                Bucket=s3_bucket, LifecycleConfiguration={"Rules": list(new)}
            )
        try:
            return client.get_bucket_lifecycle_configuration(Bucket=s3_bucket)["Rules"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
                raise
            return []

    return read


@pytest.fixture
def apply(object_store: ObjectStore) -> Apply:
    """Applies a feed's retention in days and asserts that it succeeds."""

    def run(days: int | None, feed: str = "us") -> None:
        metrics = ConsumerMetrics(CollectorRegistry())
        apply_retention(object_store, ClaimedFeed(feed), days, metrics, lambda _: None)
        (metric,) = metrics.retention_faults.collect()
        (sample,) = metric.samples
        assert sample.value == 0

    return run


def days_by_prefix(rules: list[Any]) -> dict[str, int]:
    return {rule["Filter"]["Prefix"]: rule["Expiration"]["Days"] for rule in rules}


def test_adds_changes_and_removes_rules(apply: Apply, rules: Rules) -> None:
    apply(None)
    assert rules() == []
    apply(30)
    assert days_by_prefix(rules()) == {"feed=us/group=": 30, "events/feed=us/": 30}
    apply(400)
    assert days_by_prefix(rules()) == {"feed=us/group=": 400, "events/feed=us/": 400}
    apply(None)
    assert rules() == []


def test_keeps_foreign_rules_unchanged(apply: Apply, rules: Rules) -> None:
    before = rules(*FOREIGN)
    apply(30)
    apply(8, feed="eu")
    assert rules()[: len(before)] == before
    assert len(rules()) == len(before) + 4
    apply(None)
    assert rules()[: len(before)] == before
    assert days_by_prefix(rules()[len(before) :]) == {"feed=eu/group=": 8, "events/feed=eu/": 8}


COMMAND = [str(Path(sys.executable).parent / "stockfeed"), "consumer"]


@pytest.fixture
def environment(s3: SeaweedS3, s3_bucket: str) -> Build:
    """Returns the environment of a consumer in a namespace, with a retention."""

    def build(retention: str, namespace: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "STOCKFEED_FEED": "us",
            "STOCKFEED_GROUP": "autos",
            "STOCKFEED_HTTP_PORT": "0",
            # No broker: setting the rules does not depend on Kafka.
            "STOCKFEED_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "STOCKFEED_KAFKA_TOPIC": "quotes",
            "STOCKFEED_KAFKA_CONSUMER_GROUP": "group",
            "STOCKFEED_S3_ENDPOINT": s3.endpoint,
            "STOCKFEED_S3_BUCKET": s3_bucket,
            "STOCKFEED_S3_RETENTION": retention,
            "STOCKFEED_OWNER_NAMESPACE": namespace,
            "AWS_ACCESS_KEY_ID": s3.access_key,
            "AWS_SECRET_ACCESS_KEY": s3.secret_key,
        }

    return build


@pytest.fixture
def set_by(rules: Rules, tmp_path: Path, environment: Build) -> SetBy:
    """Runs a consumer until it has set the rules, and returns days by prefix."""

    def run(retention: str, namespace: str) -> dict[str, int]:
        process = Process("consumer", COMMAND, tmp_path, environment(retention, namespace))
        process.start()
        try:
            deadline = time.monotonic() + 180
            while not rules() and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            process.kill()
        return days_by_prefix(rules())

    return run


def test_consumer_sets_its_rules_on_start(set_by: SetBy) -> None:
    assert set_by("36h", "stocks") == {"feed=us/group=": 2, "events/feed=us/": 2}


def test_feed_of_the_same_name_in_another_namespace_changes_no_retention(
    set_by: SetBy, rules: Rules, environment: Build
) -> None:
    before = set_by("365d", "stocks")
    second = subprocess.run(
        COMMAND,
        env=environment("1d", "tenant"),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert second.returncode == 1
    assert "namespace 'stocks' of cluster 'default'" in second.stderr
    assert "namespace 'tenant' of cluster 'default'" in second.stderr
    assert days_by_prefix(rules()) == before
