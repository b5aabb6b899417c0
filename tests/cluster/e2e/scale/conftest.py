"""The operator's resource usage, read from the API server and the kubelet."""

import json
import re
from collections import Counter
from dataclasses import dataclass

import pytest

from support.e2e.kube import Kube

_REQUESTS = re.compile(r"^apiserver_request_total\{(.*)\} (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
# Requests that only the operator makes: it applies objects, and lists them by label.
_RESOURCES = frozenset(
    {
        "stockfeeds", "kafkatopics", "deployments", "configmaps", "serviceaccounts",
        "rolebindings", "networkpolicies", "poddisruptionbudgets", "cronworkflows",
        "workflowtemplates", "workflows", "podmonitors", "pods", "events",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Meter:
    """Request counts of the API server, and the operator's memory."""

    kube: Kube

    def requests(self) -> Counter[str]:
        """Returns the requests so far, by verb, for the kinds that a feed consists of."""
        found: Counter[str] = Counter()
        for labels, value in _REQUESTS.findall(self.kube.request("/metrics")):
            named = dict(_LABEL.findall(labels))
            if named.get("resource") in _RESOURCES and named["verb"] != "WATCH":
                found[named["verb"]] += int(float(value))
        return found

    def memory(self) -> float:
        """Returns the memory of the operator's container, in MiB."""
        (node,) = self.kube.find("Node", namespace="")
        name = node["metadata"]["name"]
        summary = json.loads(self.kube.request(f"/api/v1/nodes/{name}/proxy/stats/summary"))
        used = [
            container["memory"]["workingSetBytes"]
            for pod in summary["pods"]
            for container in pod.get("containers", ())
            if container["name"] == "operator"
        ]
        return float(sum(used)) / 2**20


@pytest.fixture(scope="session")
def meter(kube: Kube) -> Meter:
    """The cluster's counters."""
    return Meter(kube)
