"""Builds a group's producer Deployment, and the ConfigMap with request budget shares.

A group has one producer pod at most, so that no quote is polled twice.
"""

from collections.abc import Mapping
from typing import Any, Final

from stockfeed.contract import env
from stockfeed_operator.kube.kinds import CONFIG_MAP, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.connections import Connection, kafka
from stockfeed_operator.manifests.deployments import Role, deployment
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.manifests.secrets import SecretFiles
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.source import SymbolGroup

_SHARES_DIR: Final = "/etc/stockfeed/shares"


def producer(
    feed: StockFeed, group: SymbolGroup, installation: Installation, replicas: int
) -> Manifest:
    """Returns the group's producer Deployment.

    Args:
        feed: the feed.
        group: one of its groups.
        installation: provides default images.
        replicas: 1, or 0 while the group is stopped.
    """
    role = Role(
        component=meta.PRODUCER,
        name=names.producer(feed.metadata.name, group.name),
        replicas=replicas,
        # A rolling update would run two producers for a while, with the request budget of one.
        strategy={"type": "Recreate"},
        spread={meta.FEED_LABEL: feed.metadata.name, meta.COMPONENT_LABEL: meta.PRODUCER},
        connection=_source(feed, group) + kafka(feed, group.name),
        resources=group.producer.resources,
        volumes=((_shares(feed), _SHARES_DIR),),
    )
    return deployment(feed, group, installation, role)


def _source(feed: StockFeed, group: SymbolGroup) -> Connection:
    source = feed.spec.source
    reference = source.api_key_secret_ref
    key = SecretFiles("api-key", reference.name, (reference.key,))
    settings = {
        env.PROVIDER: source.provider,
        env.SOURCE_BASE_URL: source.base_url,
        env.SOURCE_API_KEY_FILE: key.file(reference.key),
        env.SOURCE_TIMEOUT: source.timeout,
        env.SYMBOLS: ",".join(group.symbols),
        env.POLL_INTERVAL: feed.spec.interval_of(group),
        env.HEARTBEAT_INTERVAL: source.heartbeat_interval,
        # A file rather than a variable: a changed share must not restart the producer.
        env.REQUESTS_PER_MINUTE_FILE: f"{_SHARES_DIR}/{group.name}",
    }
    return Connection(settings, (key,))


def _shares(feed: StockFeed) -> dict[str, Any]:
    # Mounted as a directory: the kubelet never updates a file mounted by subPath.
    return {"name": "shares", "configMap": {"name": names.shares(feed.metadata.name)}}


def shares(
    feed: StockFeed, installation: Installation, per_minute: Mapping[str, float]
) -> Manifest:
    """Returns the ConfigMap with each group's share of the request budget.

    Args:
        feed: the feed.
        installation: provides the version label.
        per_minute: requests per minute, by group.
    """
    name = names.shares(feed.metadata.name)
    return {
        "apiVersion": CONFIG_MAP.api_version,
        "kind": CONFIG_MAP.kind,
        "metadata": meta.metadata(feed, installation, name, meta.PRODUCER),
        "data": {group: f"{share:.4f}" for group, share in sorted(per_minute.items())},
    }
