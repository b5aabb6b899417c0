"""The feed's rules among others', against a bucket in memory; a real store is in integration."""

import pytest
import structlog
from botocore.exceptions import ClientError
from prometheus_client import CollectorRegistry

from stockfeed.consumer.retention import apply_retention, merge_rules
from stockfeed.metrics import ConsumerMetrics
from stockfeed.objectstore import ObjectStore


def rule(name, prefix, days, status="Enabled"):
    expiration = {"Days": days}
    return {"ID": name, "Filter": {"Prefix": prefix}, "Status": status, "Expiration": expiration}


BATCHES, EVENTS = (
    rule("stockfeed-us", "feed=us/", 30),
    rule("stockfeed-us_events", "events/feed=us/", 30),
)
OTHER_FEED = rule("stockfeed-us-2", "feed=us-2/", 5)
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
                rule("stockfeed-us", "feed=us/", 31),
                rule("stockfeed-us_events", "events/feed=us/", 31),
            ],
        ),
        ([BATCHES, BATCHES, EVENTS], 30, [BATCHES, EVENTS]),
        ([rule("stockfeed-us", "feed=us/", 30, "Disabled"), EVENTS], 30, [EVENTS, BATCHES]),
    ],
    ids=[
        "nothing to remove",
        "first time",
        "others' stay when ours go",
        "others' stay when ours come",
        "right already",
        "unset",
        "other age",
        "doubled",
        "switched off by hand",
    ],
)
def test_ours_become_right_and_others_stay(rules, days, merged):
    assert merge_rules(rules, "us", days) == merged


class Bucket:
    """The lifecycle calls of an S3 client, counted; `rival` runs after each write."""

    def __init__(self, rules=(), refused=None, rival=lambda bucket: None):
        self.rules, self.refused, self.rival = list(rules), refused or {}, rival
        self.minimum = None
        self.writes = 0

    def get_bucket_lifecycle_configuration(self, **_):
        self._refuse("get")
        if not self.rules:
            raise ClientError({"Error": {"Code": "NoSuchLifecycleConfiguration"}}, "Get")
        minimum = (
            {} if self.minimum is None else {"TransitionDefaultMinimumObjectSize": self.minimum}
        )
        return {"Rules": list(self.rules), **minimum}

    def put_bucket_lifecycle_configuration(self, **request):
        self._write(request["LifecycleConfiguration"]["Rules"])
        self.minimum = request.get("TransitionDefaultMinimumObjectSize")

    def delete_bucket_lifecycle(self, **_):
        self._write([])

    def _write(self, rules):
        self._refuse("set")
        self.rules = list(rules)
        self.writes += 1
        self.rival(self)

    def _refuse(self, action):
        if action in self.refused:
            raise ClientError({"Error": {"Code": self.refused[action]}}, action)


def keep(bucket, days):
    """Runs it once; returns what was logged and the metric of faults."""
    metrics = ConsumerMetrics(CollectorRegistry())
    with structlog.testing.capture_logs() as logged:
        apply_retention(ObjectStore(bucket, "raw"), "us", days, metrics, lambda _: None)
    (sample,) = metrics.retention_faults.collect()[0].samples
    return logged, sample.value


def test_it_writes_once_and_not_again():
    bucket = Bucket([OTHER_FEED])
    for _ in range(2):
        assert keep(bucket, 30)[1] == 0
        assert bucket.rules == [OTHER_FEED, BATCHES, EVENTS]
    assert bucket.writes == 1


def test_the_last_rule_goes_with_the_configuration():
    bucket = Bucket([BATCHES, EVENTS])
    assert keep(bucket, None)[1] == 0
    assert bucket.rules == []
    assert bucket.writes == 1


def test_what_goes_for_all_rules_is_kept():
    bucket = Bucket([OTHER_FEED])
    bucket.minimum = "varies_by_storage_class"
    keep(bucket, 30)
    assert bucket.minimum == "varies_by_storage_class"


def test_it_writes_again_when_another_writer_won():
    def once(bucket):
        if bucket.writes == 1:
            bucket.rules = [OTHER_FEED]

    bucket = Bucket(rival=once)
    assert keep(bucket, 30)[1] == 0
    assert bucket.rules == [OTHER_FEED, BATCHES, EVENTS]
    assert bucket.writes == 2


def test_it_gives_up_when_another_writer_wins_every_time():
    def always(bucket):
        bucket.rules = [OTHER_FEED]

    bucket = Bucket(rival=always)
    logged, faults = keep(bucket, 30)
    assert bucket.writes == 5
    assert faults == 1
    assert "5 times in a row" in logged[-1]["error"]


@pytest.mark.parametrize("code", ["AccessDenied", "NotImplemented", "MalformedXML"])
@pytest.mark.parametrize(
    ("action", "rules", "days"), [("get", [], 30), ("set", [], 30), ("set", [BATCHES], None)]
)
def test_a_refusal_is_told_and_landing_goes_on(action, rules, days, code):
    logged, faults = keep(Bucket(rules, {action: code}), days)
    assert faults == 1
    (entry,) = logged
    assert entry["log_level"] == "warning"
    assert entry["bucket"] == "raw"
    assert code in entry["error"]
    assert "s3:PutLifecycleConfiguration" in entry["permissions"]
    assert "feed=us/ and events/feed=us/" in entry["remedy"]


def test_who_sets_no_retention_need_not_let_rules_be_read():
    logged, faults = keep(Bucket(refused={"get": "AccessDenied"}), None)
    assert faults == 0
    assert [entry["log_level"] for entry in logged] == ["info"]
