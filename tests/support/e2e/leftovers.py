"""Deletes everything that an earlier test run left; the order does not matter."""

from support.e2e.feeds import SUBMITTED
from support.e2e.kube import Kube, until
from support.e2e.tapes import LABEL


def clear(kube: Kube) -> None:
    """Deletes feeds, Workflows, topics and quote servers of earlier tests."""
    for feed in kube.find("StockFeed"):
        name = feed["metadata"]["name"]
        kube.delete("StockFeed", name)
        if kube.get("StockFeed", name):
            kube.patch("StockFeed", name, {"metadata": {"finalizers": None}})
    for kind in ("Workflow", "KafkaTopic"):
        for found in kube.find(kind, "stockfeed.dev/feed"):
            kube.delete(kind, found["metadata"]["name"])
    for found in kube.find("Workflow", SUBMITTED):
        kube.delete("Workflow", found["metadata"]["name"])
    for kind in ("Deployment", "Service", "ConfigMap"):
        for found in kube.find(kind, LABEL):
            kube.delete(kind, found["metadata"]["name"])
    until("old topics to go", lambda: not kube.find("KafkaTopic"), 120)
    until("old pods to go", lambda: not kube.find("Pod", "stockfeed.dev/feed"), 120)
