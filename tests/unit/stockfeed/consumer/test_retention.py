"""Tests of the lifecycle rules against an in-memory bucket; integration tests use a real one."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import pytest
import structlog
from botocore.exceptions import ClientError
from prometheus_client import CollectorRegistry

from stockfeed.consumer.retention import apply_retention, merge_rules
from stockfeed.metrics import ConsumerMetrics
from stockfeed.objectstore import ObjectStore
from stockfeed.ownership import ClaimedFeed


def rule(name: str, prefix: str, days: int, status: str = "Enabled") -> Any:
    expiration = {"Days": days}
    return {"ID": name, "Filter": {"Prefix": prefix}, "Status": status, "Expiration": expiration}


BATCHES, EVENTS = (
    rule("stockfeed-us", "feed=us/group=", 30),
    rule("stockfeed-us_events", "events/feed=us/", 30),
)
EARLIER = rule("stockfeed-us", "feed=us/", 30)
OTHER_FEED = rule("stockfeed-us-2", "feed=us-2/group=", 5)
FOREIGN = [
    {"ID": "logs", "Prefix": "logs/", "Status": "Enabled", "Expiration": {"Days": 1}},
    {
        "Filter": {},
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    },
    rule("mine", "feed=us/", 3),
    rule("stockfeed-us", "elsewhere/", 3),
    OTHER_FEED,
]


@pytest.mark.parametrize(
    ("rules", "days", "merged"),
    [
        ([], None, []),
        ([], 30, [BATCHES, EVENTS]),
        (FOREIGN, None, FOREIGN),
        (FOREIGN, 30, [*FOREIGN, BATCHES, EVENTS]),
        ([BATCHES, OTHER_FEED, EVENTS], 30, [BATCHES, OTHER_FEED, EVENTS]),
        ([BATCHES, OTHER_FEED, EVENTS], None, [OTHER_FEED]),
        (
            [BATCHES, EVENTS],
            31,
            [
                rule("stockfeed-us", "feed=us/group=", 31),
                rule("stockfeed-us_events", "events/feed=us/", 31),
            ],
        ),
        ([BATCHES, BATCHES, EVENTS], 30, [BATCHES, EVENTS]),
        ([rule("stockfeed-us", "feed=us/group=", 30, "Disabled"), EVENTS], 30, [EVENTS, BATCHES]),
        ([EARLIER, OTHER_FEED, EVENTS], 30, [OTHER_FEED, EVENTS, BATCHES]),
        ([EARLIER, EVENTS], None, []),
    ],
    ids=[
        "nothing to remove",
        "first time",
        "removal keeps foreign rules",
        "addition keeps foreign rules",
        "unchanged",
        "removed",
        "new age",
        "duplicate",
        "disabled manually",
        "rule of an earlier version, which expired the owner marker",
        "rule of an earlier version removed",
    ],
)
def test_merge_updates_own_rules_and_keeps_others(
    rules: list[Any], days: int | None, merged: list[Any]
) -> None:
    assert merge_rules(rules, "us", days) == merged


class Bucket:
    """A fake S3 client with lifecycle calls; counts writes and calls `rival` after each."""

    def __init__(
        self,
        rules: Iterable[Any] = (),
        refused: dict[str, str] | None = None,
        rival: Callable[["Bucket"], None] = lambda bucket: None,
    ) -> None:
        self.rules, self.refused, self.rival = list(rules), refused or {}, rival
        self.minimum: str | None = None
        self.writes = 0

    def get_bucket_lifecycle_configuration(self, **_: object) -> dict[str, Any]:
        self._refuse("get")
        if not self.rules:
            raise ClientError({"Error": {"Code": "NoSuchLifecycleConfiguration"}}, "Get")
        minimum: dict[str, str] = (
            {} if self.minimum is None else {"TransitionDefaultMinimumObjectSize": self.minimum}
        )
        return {"Rules": list(self.rules), **minimum}

    def put_bucket_lifecycle_configuration(self, **request: Any) -> None:
        self._write(request["LifecycleConfiguration"]["Rules"])
        self.minimum = request.get("TransitionDefaultMinimumObjectSize")

    def delete_bucket_lifecycle(self, **_: object) -> None:
        self._write([])

    def _write(self, rules: list[Any]) -> None:
        self._refuse("set")
        self.rules = list(rules)
        self.writes += 1
        self.rival(self)

    def _refuse(self, action: str) -> None:
        if action in self.refused:
            raise ClientError({"Error": {"Code": self.refused[action]}}, action)


def apply(bucket: Bucket, days: int | None) -> tuple[list[Any], float]:
    """Applies retention once; returns the log entries and the fault metric."""
    metrics = ConsumerMetrics(CollectorRegistry())
    with structlog.testing.capture_logs() as logged:
        apply_retention(
            ObjectStore(cast("Any", bucket), "raw"),
            ClaimedFeed("us"),
            days,
            metrics,
            lambda _: None,
        )
    (metric,) = metrics.retention_faults.collect()
    (sample,) = metric.samples
    return logged, sample.value


def test_writes_only_if_the_rules_differ() -> None:
    bucket = Bucket([OTHER_FEED])
    for _ in range(2):
        assert apply(bucket, 30)[1] == 0
        assert bucket.rules == [OTHER_FEED, BATCHES, EVENTS]
    assert bucket.writes == 1


def test_deletes_the_configuration_with_the_last_rule() -> None:
    bucket = Bucket([BATCHES, EVENTS])
    assert apply(bucket, None)[1] == 0
    assert bucket.rules == []
    assert bucket.writes == 1


def test_keeps_the_transition_minimum() -> None:
    bucket = Bucket([OTHER_FEED])
    bucket.minimum = "varies_by_storage_class"
    apply(bucket, 30)
    assert bucket.minimum == "varies_by_storage_class"


def test_writes_again_after_another_writer_won() -> None:
    def once(bucket: Bucket) -> None:
        if bucket.writes == 1:
            bucket.rules = [OTHER_FEED]

    bucket = Bucket(rival=once)
    assert apply(bucket, 30)[1] == 0
    assert bucket.rules == [OTHER_FEED, BATCHES, EVENTS]
    assert bucket.writes == 2


def test_reports_a_failure_if_another_writer_always_wins() -> None:
    def always(bucket: Bucket) -> None:
        bucket.rules = [OTHER_FEED]

    bucket = Bucket(rival=always)
    logged, faults = apply(bucket, 30)
    assert bucket.writes == 5
    assert faults == 1
    assert "5 times in a row" in logged[-1]["error"]


@pytest.mark.parametrize("code", ["AccessDenied", "NotImplemented", "MalformedXML"])
@pytest.mark.parametrize(
    ("action", "rules", "days"), [("get", [], 30), ("set", [], 30), ("set", [BATCHES], None)]
)
def test_reports_a_refusal_without_failing(
    action: str, rules: list[Any], days: int | None, code: str
) -> None:
    logged, faults = apply(Bucket(rules, {action: code}), days)
    assert faults == 1
    (entry,) = logged
    assert entry["log_level"] == "warning"
    assert entry["bucket"] == "raw"
    assert code in entry["error"]
    assert "s3:PutLifecycleConfiguration" in entry["permissions"]
    assert "feed=us/group= and events/feed=us/" in entry["remedy"]


def test_ignores_missing_read_permission_without_retention() -> None:
    logged, faults = apply(Bucket(refused={"get": "AccessDenied"}), None)
    assert faults == 0
    assert [entry["log_level"] for entry in logged] == ["info"]
