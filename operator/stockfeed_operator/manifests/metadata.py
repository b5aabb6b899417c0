"""Labels and owner references of all objects of a feed."""

from dataclasses import dataclass
from typing import Any, Final

from stockfeed_operator.kube.api import FIELD_MANAGER
from stockfeed_operator.spec.feed import API_VERSION, GROUP, KIND, StockFeed


@dataclass(frozen=True, slots=True)
class Installation:
    """Images and names set by the Helm chart.

    Attributes:
        pipeline_image: default image of producer, consumer and loader.
        dbt_image: default image of the dbt build.
        task_results_role: ClusterRole that allows pods of workflows to write WorkflowTaskResults.
        version: the operator's version, written into a label.
        cluster: the cluster's name, written into the owner marker of each feed's objects.
    """

    pipeline_image: str
    dbt_image: str
    task_results_role: str
    version: str
    cluster: str = "default"


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
    """Returns metadata for an object that is deleted with its feed."""
    # `stockfeed-operator render` reads feeds from files, which have no uid.
    owner = {"ownerReferences": [owner_reference(feed)]} if feed.metadata.uid else {}
    return {**unowned_metadata(feed, installation, name, component, group), **owner}


def unowned_metadata(
    feed: StockFeed,
    installation: Installation,
    name: str,
    component: str,
    group: str | None = None,
) -> dict[str, Any]:
    """Returns metadata for an object that outlives its feed."""
    labels = {
        # First, so that the user's labels cannot replace those that identify the object.
        **feed.spec.labels,
        **identity(feed, component, group),
        "app.kubernetes.io/version": installation.version,
    }
    return {"name": name, "namespace": feed.metadata.namespace, "labels": labels}


def identity(feed: StockFeed, component: str, group: str | None = None) -> dict[str, str]:
    """Returns the labels that identify an object; they never change."""
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
    """Returns the selector labels of a group's pods of one component, immutable in Deployments."""
    return {FEED_LABEL: feed.metadata.name, GROUP_LABEL: group, COMPONENT_LABEL: component}


def owner_reference(feed: StockFeed) -> dict[str, Any]:
    """Returns an owner reference that makes the feed the controller of an object."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": feed.metadata.name,
        "uid": feed.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
