"""Who may talk to the feed's pods, and who watches them."""

from typing import Any, Final

from stockfeed.contract import endpoints
from stockfeed_operator.kube.kinds import NETWORK_POLICY, POD_MONITOR, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.spec.feed import StockFeed

_SCRAPE_INTERVAL: Final = "30s"


def network_policy(feed: StockFeed, installation: Installation) -> Manifest:
    """Pods of the cluster may reach the probes and metrics; nothing reaches anything else.

    The operator itself asks consumers whether they are drained, and Prometheus may run anywhere in
    the cluster. Egress stays open: brokers, stores and APIs are known by host name, which a
    NetworkPolicy cannot express.
    """
    port = {"protocol": "TCP", "port": endpoints.HTTP_PORT}
    return {
        "apiVersion": NETWORK_POLICY.api_version,
        "kind": NETWORK_POLICY.kind,
        "metadata": meta.metadata(feed, installation, names.pods(feed.metadata.name), meta.FEED),
        "spec": {
            "podSelector": {"matchLabels": {meta.FEED_LABEL: feed.metadata.name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [port]}],
        },
    }


def pod_monitor(feed: StockFeed, installation: Installation) -> Manifest:
    """Has Prometheus scrape producers and consumers, with feed, group and role as labels."""
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
    meta_name = "".join(letter if letter.isalnum() else "_" for letter in label)
    return {
        "action": "replace",
        "sourceLabels": [f"__meta_kubernetes_pod_label_{meta_name}"],
        "targetLabel": name,
    }
