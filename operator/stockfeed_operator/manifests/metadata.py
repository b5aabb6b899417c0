"""Labels, annotations and owner references of everything that belongs to a feed."""

from dataclasses import dataclass
from typing import Any, Final

from stockfeed_operator.kube.api import FIELD_MANAGER
from stockfeed_operator.spec.feed import API_VERSION, GROUP, KIND, StockFeed


@dataclass(frozen=True, slots=True)
class Installation:
    """Images and names that the chart sets.

    Attributes:
        pipeline_image: image of producer, consumer and loader, where a feed names no other.
        dbt_image: image of the dbt build, likewise.
        task_results_role: ClusterRole that lets a workflow's pod write its `workflowtaskresults`.
        version: the operator's version, for the label.
    """

    pipeline_image: str
    dbt_image: str
    task_results_role: str
    version: str


FEED_LABEL: Final = f"{GROUP}/feed"
GROUP_LABEL: Final = f"{GROUP}/group"
COMPONENT_LABEL: Final = "app.kubernetes.io/component"
MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"

PRODUCER: Final = "producer"
CONSUMER: Final = "consumer"
LOAD: Final = "load"
TOPIC: Final = "topic"
FEED: Final = "feed"


def metadata(
    feed: StockFeed,
    installation: Installation,
    name: str,
    component: str,
    group: str | None = None,
) -> dict[str, Any]:
    """The metadata of an object that goes with its feed."""
    owner = {"ownerReferences": [owner_reference(feed)]} if feed.metadata.uid else {}
    return {**unowned_metadata(feed, installation, name, component, group), **owner}


def unowned_metadata(
    feed: StockFeed,
    installation: Installation,
    name: str,
    component: str,
    group: str | None = None,
) -> dict[str, Any]:
    """The metadata of an object that outlives its feed."""
    labels = {
        **feed.spec.labels,
        **identity(feed, component, group),
        "app.kubernetes.io/version": installation.version,
    }
    return {"name": name, "namespace": feed.metadata.namespace, "labels": labels}


def identity(feed: StockFeed, component: str, group: str | None = None) -> dict[str, str]:
    """The labels that say what an object is; they do not change in its life."""
    return {
        "app.kubernetes.io/name": "stockfeed",
        "app.kubernetes.io/instance": feed.metadata.name,
        COMPONENT_LABEL: component,
        "app.kubernetes.io/part-of": "stockfeed",
        MANAGED_BY_LABEL: FIELD_MANAGER,
        FEED_LABEL: feed.metadata.name,
        **({} if group is None else {GROUP_LABEL: group}),
    }


def selector(feed: StockFeed, component: str, group: str) -> dict[str, str]:
    """The labels by which a group's pods of one component are found; immutable in Deployments."""
    return {FEED_LABEL: feed.metadata.name, GROUP_LABEL: group, COMPONENT_LABEL: component}


def owner_reference(feed: StockFeed) -> dict[str, Any]:
    """Makes the feed the object's controller: the object goes when the feed goes."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": feed.metadata.name,
        "uid": feed.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
