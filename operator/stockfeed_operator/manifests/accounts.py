"""ServiceAccounts of the feed's pods, and the permission that pods of workflows need."""

from typing import Any

from stockfeed_operator.kube.kinds import ROLE_BINDING, SERVICE_ACCOUNT, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.spec.feed import StockFeed


def accounts(feed: StockFeed, installation: Installation) -> list[Manifest]:
    """Returns two ServiceAccounts: for producers and consumers, and for loads."""
    return [
        _account(feed, installation, names.pods(feed.metadata.name), meta.FEED, token=False),
        # Set here because Argo passes automountServiceAccountToken of a workflow on only if false.
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
    """Returns a RoleBinding that allows Argo's container in pods of loads to report results."""
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
