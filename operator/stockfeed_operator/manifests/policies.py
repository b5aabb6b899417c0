"""Builds the NetworkPolicy and the PodMonitor of a feed's pods."""

from typing import Any, Final

from stockfeed.contract import endpoints
from stockfeed_operator.kube.kinds import NETWORK_POLICY, POD_MONITOR, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.spec.feed import StockFeed

_SCRAPE_INTERVAL: Final = "30s"


def network_policy(feed: StockFeed, installation: Installation) -> Manifest:
    """Returns a policy that allows all pods of the cluster to reach the HTTP port, and no other.

    The operator queries consumers there while draining, and Prometheus may run in any namespace.
    Egress is unrestricted, because brokers, stores and APIs are configured by host name, which a
    NetworkPolicy does not support.
    """
    port = {"protocol": "TCP", "port": endpoints.HTTP_PORT}
    return {
        "apiVersion": NETWORK_POLICY.api_version,
        "kind": NETWORK_POLICY.kind,
        "metadata": meta.metadata(feed, installation, names.pods(feed.metadata.name), meta.FEED),
        "spec": {
            "podSelector": {"matchLabels": {meta.FEED_LABEL: feed.metadata.name}},
            "policyTypes": ["Ingress"],
            # An empty selector matches the pods of all namespaces, nothing outside of the cluster.
            "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [port]}],
        },
    }


def pod_monitor(feed: StockFeed, installation: Installation) -> Manifest:
    """Returns a PodMonitor for producers and consumers that adds labels feed, group and role."""
    targets = (meta.FEED_LABEL, meta.GROUP_LABEL, meta.COMPONENT_LABEL)
    relabelings = [
        _label(label, name) for label, name in zip(targets, ("feed", "group", "role"), strict=True)
    ]
    return {
        "apiVersion": POD_MONITOR.api_version,
        "kind": POD_MONITOR.kind,
        "metadata": meta.metadata(feed, installation, names.pods(feed.metadata.name), meta.FEED),
        "spec": {
            "selector": {
                "matchLabels": {meta.FEED_LABEL: feed.metadata.name},
                "matchExpressions": [
                    {
                        "key": meta.COMPONENT_LABEL,
                        "operator": "In",
                        "values": [meta.CONSUMER, meta.PRODUCER],
                    }
                ],
            },
            "podMetricsEndpoints": [
                {
                    "port": endpoints.HTTP_PORT_NAME,
                    "path": endpoints.METRICS,
                    "interval": _SCRAPE_INTERVAL,
                    "relabelings": relabelings,
                }
            ],
        },
    }


def _label(label: str, name: str) -> dict[str, Any]:
    # Prometheus replaces characters that its label names do not allow by an underscore.
    meta_name = "".join(letter if letter.isalnum() else "_" for letter in label)
    return {
        "action": "replace",
        "sourceLabels": [f"__meta_kubernetes_pod_label_{meta_name}"],
        "targetLabel": name,
    }
