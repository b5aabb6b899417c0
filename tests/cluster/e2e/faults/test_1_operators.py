"""Two operators: one leads, the other takes over within seconds, and nothing is applied twice."""

import time
from collections.abc import Iterator

import pytest

from cluster.e2e.faults.conftest import OPERATORS, Faulty
from support.cluster.platform import install
from support.e2e.faults import inside
from support.e2e.faults.history import Forms, History, Name, forms
from support.e2e.feeds import RUN, Feed, group, manifest, source
from support.e2e.figures import Figures
from support.e2e.kube import Kube, until

_NOWHERE = "http://quotes:8080/api/v1"
_GROUPS = 12
_ATTEMPTS = 4


@pytest.fixture(scope="module")
def pair(faulty: Faulty) -> Iterator[Faulty]:
    """Two operators run."""
    install.operator("--set=replicas=2")
    yield faulty
    install.operator()


def _holder(kube: Kube) -> str:
    """Returns the leader's pod; empty between the release of the Lease and the next leader."""
    lease = kube.get("Lease", "stockfeed-operator", "stockfeed") or {}
    return str(lease["spec"].get("holderIdentity") or "")


def _leader(kube: Kube) -> str:
    """Waits for a leader and returns its pod."""
    return until("a leader", lambda: _holder(kube), 60)


def _generations(kube: Kube, feed: str) -> dict[str, int]:
    found = kube.find("Deployment", f"stockfeed.dev/feed={feed}")
    return {each["metadata"]["name"]: each["metadata"]["generation"] for each in found}


def test_standby_takes_over_and_applies_once(pair: Faulty, kube: Kube, figures: Figures) -> None:
    feed = pair.feed
    before = _generations(kube, feed.name)
    leader = _leader(kube)
    assert len(kube.pods(OPERATORS, "stockfeed")) == 2
    # The leader is killed when it has just begun to apply this change.
    groups = feed.resource["spec"]["symbolGroups"]
    feed.change(symbolGroups=[*groups, group("extra", ["MSFT"])])
    kube.delete("Pod", leader, "stockfeed", grace=0)
    killed = time.monotonic()
    until("another leader", lambda: _holder(kube) not in ("", leader), 60)
    figures.note("Failover of the operator", f"{time.monotonic() - killed:.0f} s")
    assert time.monotonic() - killed < 30
    feed.until("the new group", lambda: feed.pods("producer", "extra"), 60)
    feed.wait("ProducersAvailable", "True", 60)
    now = _generations(kube, feed.name)
    assert {name: now[name] for name in before} == before
    assert {now[name] for name in now.keys() - before.keys()} == {1}
    feed.change(symbolGroups=groups)


def test_standby_completes_a_killed_leaders_reconcile(
    pair: Faulty, kube: Kube, figures: Figures
) -> None:
    """The other operator completes the change; no object is lost, or changed twice."""
    wide = _wide_feed(kube)
    for attempt in range(1, _ATTEMPTS + 1):
        done, changed, seconds = _change_without_leader(kube, wide, attempt)
        if 0 < done < changed:
            break
    else:
        pytest.fail(f"in {_ATTEMPTS} tries no leader was killed between two writes")
    figures.note("Operator killed in mid-reconcile: after", f"{done} of {changed} objects")
    figures.note("Operator killed in mid-reconcile: change complete after", f"{seconds:.0f} s")
    kube.delete("StockFeed", wide.name)
    wide.until("the feed to go", lambda: not wide.live, 60)


def _change_without_leader(kube: Kube, feed: Feed, attempt: int) -> tuple[int, int, float]:
    """Changes a feed and kills the leader as soon as it has begun to apply the change.

    Returns: The number of objects that had changed by then, the number that had to change, and the
        seconds until all had changed.
    """
    before, history = forms(kube, feed.name), History(kube, feed.name, seconds=240)
    at_kill = _kill_leader_when_begun(kube, feed, history, attempt)
    told, began = feed.status, time.monotonic()
    feed.wait("Ready", "True", 90, "Suspended")
    seconds = time.monotonic() - began
    after = forms(kube, feed.name)
    changed = {name for name in after if after[name] != before[name]}
    done = {name for name in changed if at_kill[name] == after[name]}
    assert done == changed or not told, "the status told of the change before it was made"
    assert {kind for kind, _ in changed} == {"KafkaTopic", "Deployment"}
    assert _uids(before) == _uids(after)
    until("all changes to be seen", lambda: changed <= history.taken().keys(), 30)
    assert history.taken() == {name: [after[name][1]] for name in changed}
    return len(done), len(changed), seconds


def _wide_feed(kube: Kube) -> Feed:
    """Returns a feed with many objects and no pods, so that a reconcile takes a while."""
    feed = Feed(kube, f"wide-{RUN}")
    groups = [group(f"g{number:02d}", [f"S{number}"]) for number in range(_GROUPS)]
    topics = {"cluster": "stocks", "partitions": 1, "replicas": 1, "deletionPolicy": "Delete"}
    feed.apply(manifest(feed.name, _NOWHERE, groups, suspend=True, kafka=topics))
    feed.wait("TopicsReady", "True", 120)
    feed.wait("Ready", "True", 60, "Suspended")
    return feed


def _kill_leader_when_begun(kube: Kube, feed: Feed, history: History, attempt: int) -> Forms:
    """Changes all topics, consumers and producers, and returns the objects' forms at the kill."""
    leader = kube.get("Pod", _leader(kube), "stockfeed") or {}
    running = inside.processes(leader)
    spec = feed.resource["spec"]
    feed.change(
        kafka={**spec["kafka"], "retention": f"{attempt}h"},
        landing={**spec["landing"], "rotate": {"interval": f"{5 + attempt}s"}},
        source=source(feed.name, _NOWHERE, timeout=f"{10 + attempt}s"),
    )
    history.begun.wait(30)
    inside.kill(running)
    kube.delete("Pod", leader["metadata"]["name"], "stockfeed", grace=0)
    inside.wait_for_end(running)
    return forms(kube, feed.name)


def _uids(objects: Forms) -> dict[Name, str]:
    return {name: uid for name, (uid, _) in objects.items()}
