"""Identities of the feed's pods, and the one right that a workflow's pod needs."""

from typing import Any

from stockfeed_operator.kube.kinds import ROLE_BINDING, SERVICE_ACCOUNT, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.spec.feed import StockFeed


def accounts(feed: StockFeed, installation: Installation) -> list[Manifest]:
    """The ServiceAccounts: of producers and consumers, and of loads."""
    return [
        _account(feed, installation, names.pods(feed.metadata.name), meta.FEED, token=False),
        # Argo passes on a workflow's own wish for a token only where that is to have none.
        _account(feed, installation, names.load(feed.metadata.name), meta.LOAD, token=True),
    ]


def _account(
    feed: StockFeed, installation: Installation, name: str, component: str, *, token: bool
) -> Manifest:
    metadata: dict[str, Any] = meta.metadata(feed, installation, name, component)
    if feed.spec.pods.service_account_annotations:
        metadata["annotations"] = dict(feed.spec.pods.service_account_annotations)
    return {
        "apiVersion": SERVICE_ACCOUNT.api_version,
        "kind": SERVICE_ACCOUNT.kind,
        "metadata": metadata,
        "automountServiceAccountToken": token,
    }


def task_results_binding(feed: StockFeed, installation: Installation) -> Manifest:
    """Lets Argo's container in a load's pod report the pod's results."""
    name = names.load(feed.metadata.name)
    subject = {
        "kind": SERVICE_ACCOUNT.kind,
        "name": name,
        "namespace": feed.metadata.namespace,
    }
    return {
        "apiVersion": ROLE_BINDING.api_version,
        "kind": ROLE_BINDING.kind,
        "metadata": meta.metadata(feed, installation, name, meta.LOAD),
        "roleRef": {
            "apiGroup": ROLE_BINDING.group,
            "kind": "ClusterRole",
            "name": installation.task_results_role,
        },
        "subjects": [subject],
    }
