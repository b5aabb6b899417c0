"""Builds a group's consumer Deployment and its PodDisruptionBudget."""

from stockfeed.contract import env
from stockfeed.contract.topics import consumer_group
from stockfeed_operator.kube.kinds import DISRUPTION_BUDGET, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.connections import (
    Connection,
    kafka,
    object_store,
    owner,
    topic_origin,
)
from stockfeed_operator.manifests.deployments import Role, deployment
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.source import SymbolGroup


def consumer(
    feed: StockFeed, group: SymbolGroup, installation: Installation, replicas: int | None
) -> Manifest:
    """Returns the group's consumer Deployment.

    Args:
        feed: the feed.
        group: one of its groups.
        installation: provides default images.
        replicas: number of pods; None leaves the number to an autoscaler.
    """
    role = Role(
        component=meta.CONSUMER,
        name=names.consumer(feed.metadata.name, group.name),
        replicas=replicas,
        # No surge: an additional pod would only cause another rebalance of the partitions.
        strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
        spread=meta.selector(feed, meta.CONSUMER, group.name),
        connection=_landing(feed, group)
        + kafka(feed, group.name)
        + topic_origin(feed)
        + object_store(feed)
        + owner(feed, installation),
        resources=group.consumer.resources,
    )
    return deployment(feed, group, installation, role)


def _landing(feed: StockFeed, group: SymbolGroup) -> Connection:
    landing = feed.spec.landing
    settings = {
        env.KAFKA_CONSUMER_GROUP: consumer_group(feed.metadata.name, group.name),
        env.LAYOUT: landing.layout,
        env.ROTATE_RECORDS: str(landing.rotate.records),
        env.ROTATE_BYTES: landing.rotate.bytes,
        env.ROTATE_INTERVAL: landing.rotate.interval,
    }
    if landing.retention is not None:
        settings[env.S3_RETENTION] = landing.retention
    return Connection(settings)


def disruption_budget(
    feed: StockFeed, group: SymbolGroup, installation: Installation
) -> Manifest | None:
    """Returns a budget that allows evicting one consumer at a time; None for a single consumer."""
    if group.consumer.replicas == 1 and not group.consumer.autoscaled:
        return None
    name = names.consumer(feed.metadata.name, group.name)
    return {
        "apiVersion": DISRUPTION_BUDGET.api_version,
        "kind": DISRUPTION_BUDGET.kind,
        "metadata": meta.metadata(feed, installation, name, meta.CONSUMER, group.name),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": meta.selector(feed, meta.CONSUMER, group.name)},
            # A broken consumer must not block a node drain.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
