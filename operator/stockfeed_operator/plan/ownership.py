"""Ownership of live objects: which of them a feed may write and delete."""

from collections.abc import Iterable
from typing import Any, Final

from stockfeed_operator.kube.api import FIELD_MANAGER
from stockfeed_operator.kube.kinds import TOPIC, Manifest, key_of, kind_of
from stockfeed_operator.manifests.metadata import FEED_LABEL, MANAGED_BY_LABEL
from stockfeed_operator.spec.feed import GROUP

ADOPT_ANNOTATION: Final = f"{GROUP}/adopt"
"""Annotation with which a KafkaTopic's owner hands it over to the feed that the value names."""


def owns(feed: str, uid: str, live: Manifest) -> bool:
    """Reports whether the feed may write the object.

    Args:
        feed: the feed's name.
        uid: the feed's uid.
        live: an object in the feed's namespace.
    """
    if kind_of(live) is TOPIC:
        return owns_topic(feed, live) or _may_adopt(feed, live)
    owner = controller_of(live)
    if owner is None:
        return _labels(live).get(FEED_LABEL) == feed
    return bool(owner.get("uid") == uid)


def owns_topic(feed: str, topic: Manifest) -> bool:
    """Reports whether the operator created or adopted the topic for a feed of this name.

    A topic outlives its feed, so it is identified by the feed's name rather than its uid: a feed
    that is deleted and created again keeps its topics. The feed's label does not suffice; topics
    that the operator has applied also name it as their manager.
    """
    labels = _labels(topic)
    labelled = (labels.get(FEED_LABEL), labels.get(MANAGED_BY_LABEL)) == (feed, FIELD_MANAGER)
    return labelled and controller_of(topic) is None


def controller_of(live: Manifest) -> dict[str, Any] | None:
    """Returns the owner reference of the object's controller; None if it has none."""
    owners: Iterable[dict[str, Any]] = live["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def refusal(feed: str, live: Manifest) -> str:
    """Returns a message about an object that the feed does not own, and what to do about it."""
    key, owner = key_of(live), controller_of(live)
    whose = "does not belong to this feed"
    if owner is not None:
        whose = f"belongs to {owner['kind']} {owner['name']}"
    remedy = "delete it, or give the feed another name"
    if kind_of(live) is TOPIC:
        # Deleting a topic is never suggested, because that deletes its data.
        remedy = "create the feed with another name or kafka.topicPrefix"
        if owner is None and _labels(live).get(FEED_LABEL) in (None, feed):
            remedy += f", or annotate the topic with {ADOPT_ANNOTATION}: {feed} to hand it over"
    return f"{key.kind} {key.name} {whose}; {remedy}"


def _may_adopt(feed: str, topic: Manifest) -> bool:
    annotations: dict[str, str] = topic["metadata"].get("annotations") or {}
    return (
        annotations.get(ADOPT_ANNOTATION) == feed
        and _labels(topic).get(FEED_LABEL) in (None, feed)
        and controller_of(topic) is None
    )


def _labels(manifest: Manifest) -> dict[str, str]:
    return manifest["metadata"].get("labels") or {}
