"""Builds a group's Kafka topic as a Strimzi `KafkaTopic`."""

from typing import Any

from stockfeed.contract.durations import parse_duration
from stockfeed_operator.kube.kinds import TOPIC, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests.connections import topic_of
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.kafka import Kafka
from stockfeed_operator.spec.source import SymbolGroup

CLUSTER_LABEL = "strimzi.io/cluster"


def topic(feed: StockFeed, group: SymbolGroup, installation: Installation) -> Manifest | None:
    """Returns the group's topic; None if Strimzi does not manage the Kafka cluster.

    It has no owner reference, so that deleting the feed does not delete data.
    """
    kafka = feed.spec.kafka
    if kafka.cluster is None:
        return None
    name = topic_of(feed, group.name)
    metadata = meta.unowned_metadata(feed, installation, name, meta.TOPIC, group.name)
    # Strimzi's topic operator selects its topics by this label.
    metadata["labels"][CLUSTER_LABEL] = kafka.cluster
    return {
        "apiVersion": TOPIC.api_version,
        "kind": TOPIC.kind,
        "metadata": metadata,
        "spec": {
            "partitions": kafka.partitions,
            "replicas": kafka.replicas,
            "config": _config(kafka),
        },
    }


def _config(kafka: Kafka) -> dict[str, Any]:
    return {
        "cleanup.policy": "delete",
        # One broker may be down for maintenance while producers with acks=all still succeed.
        "min.insync.replicas": max(1, kafka.replicas - 1),
        "retention.ms": round(parse_duration(kafka.retention) * 1000),
    }
