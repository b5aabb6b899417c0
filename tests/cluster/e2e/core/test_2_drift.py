"""Owned objects that a user deletes or edits are restored, and an Event reports it."""

import pytest

from cluster.e2e.core.conftest import DRIFT, Market
from support.e2e.feeds import OWNED_KINDS
from support.e2e.figures import Figures
from support.e2e.kube import Kube, Manifest

_FEED = f"stockfeed.dev/feed={DRIFT}"
_SECONDS = 60

# A user's possible edit for each kind, and the path of the changed field.
_EDITS: dict[str, Manifest] = {
    "ServiceAccount": {"automountServiceAccountToken": True},
    "ConfigMap": {"data": {"only": "1000000"}},
    "NetworkPolicy": {"spec": {"policyTypes": ["Egress"]}},
    "PodDisruptionBudget": {"spec": {"maxUnavailable": 0}},
    "KafkaTopic": {"spec": {"config": {"retention.ms": 1000}}},
    "Deployment": {"spec": {"replicas": 0}},
    "CronWorkflow": {"spec": {"suspend": True}},
    "WorkflowTemplate": {"spec": {"activeDeadlineSeconds": 1}},
    "PodMonitor": {"spec": {"podMetricsEndpoints": []}},
}


@pytest.fixture(scope="module")
def settled(market: Market) -> Market:
    """The feed when its topics, producers and consumers exist."""
    for kind in ("TopicsReady", "ConsumersAvailable", "ProducersAvailable"):
        market.drift.wait(kind, "True", 120)
    return market


def _names(kube: Kube, kind: str) -> list[str]:
    return [str(found["metadata"]["name"]) for found in kube.find(kind, _FEED)]


@pytest.mark.parametrize("kind", OWNED_KINDS)
def test_recreates_deleted_objects(settled: Market, kube: Kube, kind: str) -> None:
    found = {
        str(each["metadata"]["name"]): each["metadata"]["uid"] for each in kube.find(kind, _FEED)
    }
    assert found, f"the feed has no {kind}"
    for name in found:
        kube.delete(kind, name)

    def back() -> bool:
        now = {each["metadata"]["name"]: each["metadata"] for each in kube.find(kind, _FEED)}
        return now.keys() == found.keys() and all(
            now[name]["uid"] != uid and "deletionTimestamp" not in now[name]
            for name, uid in found.items()
        )

    settled.drift.until(f"its {kind} to come back", back, _SECONDS)
    for name in found:
        _event(settled, kind, name)


@pytest.mark.parametrize("kind", _EDITS)
def test_reverts_edited_objects(settled: Market, kube: Kube, kind: str) -> None:
    name = _names(kube, kind)[0]
    before = _spec(kube, kind, name)
    kube.patch(kind, name, _EDITS[kind])
    settled.drift.until(
        f"{kind} {name} to be mended", lambda: _spec(kube, kind, name) == before, _SECONDS
    )
    _event(settled, kind, name)


def test_keeps_fields_of_other_clients(settled: Market, kube: Kube) -> None:
    """A field that the operator does not set belongs to the client that sets it."""
    name = _names(kube, "Deployment")[0]
    kube.patch("Deployment", name, {"metadata": {"annotations": {"team": "quant"}}})
    kube.delete("ConfigMap", _names(kube, "ConfigMap")[0])  # triggers a reconcile
    settled.drift.until("its ConfigMap", lambda: _names(kube, "ConfigMap"), _SECONDS)
    kept = kube.get("Deployment", name) or {}
    assert kept["metadata"]["annotations"]["team"] == "quant"


def test_reports_drift_in_time(settled: Market, kube: Kube, figures: Figures) -> None:
    repaired = [event for event in kube.events(DRIFT) if event["reason"] == "DriftRepaired"]
    assert repaired
    figures.note("Drift: objects repaired", str(len(repaired)))


def _event(market: Market, kind: str, name: str) -> None:
    def told() -> bool:
        return any(
            event["reason"] == "DriftRepaired" and f"{kind} {name}" in str(event.get("message"))
            for event in market.drift.kube.events(DRIFT)
        )

    market.drift.until(f"an Event about {kind} {name}", told, 15)


def _spec(kube: Kube, kind: str, name: str) -> Manifest:
    """Returns the parts of an object that the edits touch, without the cluster's own defaults."""
    live = kube.get(kind, name) or {}
    return {
        part: value
        for part, value in live.items()
        if part in ("spec", "data", "automountServiceAccountToken")
    }
