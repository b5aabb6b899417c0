"""Two operators: one leads, the other takes over in seconds, and nothing is applied twice."""

import time
from collections.abc import Iterator

import pytest

from cluster.e2e.faults.conftest import Faulty
from cluster.e2e.feeds import group
from cluster.e2e.figures import Figures
from cluster.e2e.kube import Kube, until
from cluster.platform import install

_OPERATORS = "app.kubernetes.io/name=stockfeed-operator"


@pytest.fixture(scope="module")
def pair(faulty: Faulty) -> Iterator[Faulty]:
    """Two operators are there."""
    install.operator("--set=replicas=2")
    yield faulty
    install.operator()


def _holder(kube: Kube) -> str:
    lease = kube.get("Lease", "stockfeed-operator", "stockfeed") or {}
    return str(lease["spec"]["holderIdentity"])


def _generations(kube: Kube, feed: str) -> dict[str, int]:
    found = kube.find("Deployment", f"stockfeed.dev/feed={feed}")
    return {each["metadata"]["name"]: each["metadata"]["generation"] for each in found}


def test_the_standby_takes_over_and_applies_once(
    pair: Faulty, kube: Kube, figures: Figures
) -> None:
    feed = pair.feed
    before = _generations(kube, feed.name)
    leader = _holder(kube)
    assert len(kube.pods(_OPERATORS, "stockfeed")) == 2
    # The leader is killed when it has just begun to apply this.
    groups = feed.resource["spec"]["symbolGroups"]
    feed.change(symbolGroups=[*groups, group("extra", ["MSFT"])])
    kube.delete("Pod", leader, "stockfeed", grace=0)
    killed = time.monotonic()
    until("another leader", lambda: _holder(kube) != leader, 60)
    figures.note("Failover of the operator", f"{time.monotonic() - killed:.0f} s")
    assert time.monotonic() - killed < 30
    feed.until("the new group", lambda: feed.pods("producer", "extra"), 60)
    feed.wait("ProducersAvailable", "True", 60)
    now = _generations(kube, feed.name)
    assert {name: now[name] for name in before} == before
    assert {now[name] for name in now.keys() - before.keys()} == {1}
    feed.change(symbolGroups=groups)


def test_an_operator_killed_in_mid_reconcile(faulty: Faulty, kube: Kube) -> None:
    feed = faulty.feed
    groups = feed.resource["spec"]["symbolGroups"]
    feed.change(symbolGroups=[*groups, group("brief", ["F"])])
    feed.until("the first of the group's objects", lambda: _of_group(kube, feed.name), 30)
    kube.delete("Pod", _holder(kube), "stockfeed", grace=0)
    feed.wait("ConsumersAvailable", "True", 120)
    assert _of_group(kube, feed.name) == {"KafkaTopic", "Deployment"}
    feed.change(symbolGroups=groups)
    feed.until("the group's pods to go", lambda: not feed.pods(group_name="brief"), 150)


def _of_group(kube: Kube, feed: str) -> set[str]:
    selector = f"stockfeed.dev/feed={feed},stockfeed.dev/group=brief"
    return {kind for kind in ("KafkaTopic", "Deployment") if kube.find(kind, selector)}
