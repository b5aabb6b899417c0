"""Tests of the owner marker against an in-memory bucket."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from stockfeed.contract.objects import owner_key
from stockfeed.errors import ConfigurationError, TransientError
from stockfeed.objectstore import ObjectHead, StoredObject
from stockfeed.ownership import ClaimedFeed, Owner, check_owner, claim_feed

STOCKS, TENANT = Owner("prod", "stocks"), Owner("prod", "tenant")
KEY = "feed=us/_owner.json"

Access = Callable[[Any, str, Owner | None], object]


@dataclass
class Bucket:
    bucket: str = "raw"
    objects: dict[str, dict[str, str]] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)

    def create(self, key: str, body: bytes, metadata: dict[str, str]) -> bool:
        if key in self.objects:
            return False
        self.objects[key], self.bodies[key] = metadata, body
        return True

    def head(self, key: str) -> ObjectHead | None:
        return ObjectHead("etag", 1, self.objects[key]) if key in self.objects else None

    def list(self, prefix: str) -> Iterator[StoredObject]:
        return (StoredObject(key, "etag", 1) for key in self.objects if key.startswith(prefix))


@pytest.fixture
def bucket() -> Any:
    return Bucket()


def test_first_feed_claims_the_prefix(bucket: Any) -> None:
    assert claim_feed(bucket, "us", STOCKS) == ClaimedFeed("us")
    assert owner_key("us") == KEY
    assert bucket.bodies == {KEY: b'{"feed":"us","cluster":"prod","namespace":"stocks"}'}


def test_bucket_without_a_marker_is_claimed_despite_older_objects(bucket: Any) -> None:
    bucket.create("feed=us/group=autos/topic=1/partition=00000/0.jsonl.gz", b"", {})
    claim_feed(bucket, "us", STOCKS)
    check_owner(bucket, "us", STOCKS)


def test_recreated_feed_keeps_its_prefix(bucket: Any) -> None:
    for _ in range(2):
        assert claim_feed(bucket, "us", STOCKS) == ClaimedFeed("us")
    check_owner(bucket, "us", STOCKS)


@pytest.mark.parametrize("access", [claim_feed, check_owner])
@pytest.mark.parametrize("other", [TENANT, Owner("test", "stocks")])
def test_other_owner_is_refused_with_both_owners_named(
    bucket: Any, access: Access, other: Owner
) -> None:
    claim_feed(bucket, "us", STOCKS)
    with pytest.raises(ConfigurationError) as refused:
        access(bucket, "us", other)
    text = str(refused.value)
    assert str(other) in text
    assert "the feed in namespace 'stocks' of cluster 'prod'" in text
    assert f"delete the object '{KEY}'" in text


@pytest.mark.parametrize("access", [claim_feed, check_owner])
def test_marker_without_an_owner_is_refused(bucket: Any, access: Access) -> None:
    bucket.create(KEY, b"", {"owner-cluster": "prod"})
    with pytest.raises(ConfigurationError, match="belongs to an unknown owner"):
        access(bucket, "us", STOCKS)


def test_check_accepts_a_prefix_that_is_not_claimed(bucket: Any) -> None:
    claim_feed(bucket, "us-2", TENANT)
    check_owner(bucket, "us", STOCKS)
    assert KEY not in bucket.objects


@pytest.mark.parametrize("access", [claim_feed, check_owner])
def test_process_outside_of_a_cluster_ignores_the_marker(bucket: Any, access: Access) -> None:
    claim_feed(bucket, "us", STOCKS)
    access(bucket, "us", None)
    assert list(bucket.objects) == [KEY]


def test_marker_deleted_meanwhile_is_a_transient_error(bucket: Any) -> None:
    claim_feed(bucket, "us", STOCKS)
    bucket.head = lambda _: None
    with pytest.raises(TransientError, match="existed a moment ago"):
        claim_feed(bucket, "us", TENANT)
