"""Ownership of a feed's objects: which cluster and namespace the feed of this name is in.

Object keys contain the feed's name, but neither its namespace nor its cluster. Two feeds of one
name that share a bucket would continue each other's chains and change each other's retention. The
consumer therefore writes a marker before anything else, and every role that acts on the objects
compares it. The marker names cluster and namespace, not the resource's UID: a feed that is deleted
and created again still owns its objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import orjson

from stockfeed.contract.objects import OWNER_CLUSTER, OWNER_NAMESPACE, owner_key
from stockfeed.errors import ConfigurationError, TransientError
from stockfeed.objectstore import ObjectStore
from stockfeed.settings import ObjectStoreSettings


@dataclass(frozen=True, slots=True)
class Owner:
    """Where a feed is: the cluster's name, as the operator's chart sets it, and the namespace."""

    cluster: str
    namespace: str

    def __str__(self) -> str:
        return f"namespace {self.namespace!r} of cluster {self.cluster!r}"

    def to_s3(self) -> dict[str, str]:
        """Returns the `Metadata` argument for a put."""
        return {OWNER_CLUSTER: self.cluster, OWNER_NAMESPACE: self.namespace}

    @classmethod
    def from_s3(cls, metadata: Mapping[str, str]) -> Self | None:
        """Parses the `Metadata` of a head response; None if it does not name an owner."""
        values = {name.lower(): value for name, value in metadata.items()}
        cluster, namespace = values.get(OWNER_CLUSTER), values.get(OWNER_NAMESPACE)
        return cls(cluster, namespace) if cluster and namespace else None


def owner_of(settings: ObjectStoreSettings) -> Owner | None:
    """Returns the owner that the operator set; None for a process started by hand."""
    namespace = settings.owner_namespace
    return None if namespace is None else Owner(settings.owner_cluster, namespace)


@dataclass(frozen=True, slots=True)
class ClaimedFeed:
    """A feed whose objects belong to this process's owner; returned by `claim_feed` only."""

    name: str


def claim_feed(store: ObjectStore, feed: str, owner: Owner | None) -> ClaimedFeed:
    """Writes the owner marker unless it exists, and returns the feed if the owner matches.

    Args:
        store: the bucket.
        feed: the feed's name.
        owner: None outside of a cluster; nothing is written or compared then.

    Raises:
        ConfigurationError: the objects belong to another owner; the message names both.
        TransientError: the store did not respond.
    """
    if owner is not None:
        key = owner_key(feed)
        # The body is for people. Programs read the metadata, whose size S3 limits to 2 KB.
        body = orjson.dumps({"feed": feed, "cluster": owner.cluster, "namespace": owner.namespace})
        if not store.create(key, body, owner.to_s3()):
            _compare(store, feed, owner)
    return ClaimedFeed(feed)


def check_owner(store: ObjectStore, feed: str, owner: Owner | None) -> None:
    """Checks that the feed's objects belong to the owner, or to no one yet.

    Args:
        store: the bucket.
        feed: the feed's name.
        owner: None outside of a cluster; nothing is compared then.

    Raises:
        ConfigurationError: the objects belong to another owner; the message names both.
        TransientError: the store did not respond.
    """
    # Without permission to list the entire bucket, S3 answers 403 instead of 404 to the head of an
    # object that does not exist. Listing its key needs permission for the feed's prefix only.
    key = owner_key(feed)
    if owner is not None and any(found.key == key for found in store.list(key)):
        _compare(store, feed, owner)


def _compare(store: ObjectStore, feed: str, owner: Owner) -> None:
    key = owner_key(feed)
    head = store.head(key)
    if head is None:
        raise TransientError(f"object {key!r} existed a moment ago but is gone")
    found = Owner.from_s3(head.metadata)
    if found == owner:
        return
    held_by = "an unknown owner" if found is None else f"the feed in {found}"
    raise ConfigurationError(
        f"feed {feed!r} in {owner}: its prefix in bucket {store.bucket!r} belongs to {held_by}. "
        "Rename this feed, or give it another bucket. If this is the same feed after a move, and "
        f"the old one no longer runs, delete the object {key!r}, and this feed will own the prefix"
    )
