"""Property tests: from any state, reconciling reaches the desired state and then writes nothing."""

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockfeed_operator.kube.diff import contains
from stockfeed_operator.kube.kinds import FEED, Key, Manifest, key_of
from stockfeed_operator.manifests.metadata import FEED_LABEL
from stockfeed_operator.plan.desired import render
from support.inmemory.cluster import InMemoryCluster
from support.inmemory.feeds import INSTALLATION, Life, feed, resource

GROUPS = resource()["spec"]["symbolGroups"]

specs = st.fixed_dictionaries(
    {},
    optional={
        "suspend": st.booleans(),
        "symbolGroups": st.sampled_from([GROUPS, GROUPS[:1], GROUPS[1:]]),
        "kafka": st.fixed_dictionaries(
            {},
            optional={
                "partitions": st.sampled_from([3, 6]),
                "deletionPolicy": st.sampled_from(["Retain", "Delete"]),
            },
        ),
        "warehouse": st.fixed_dictionaries(
            {}, optional={"dbt": st.fixed_dictionaries({"enabled": st.booleans()})}
        ),
        "pods": st.fixed_dictionaries(
            {}, optional={"nodeSelector": st.just({"disk": "ssd"}), "labels": st.just({"a": "b"})}
        ),
    },
)

MANIFESTS = {key_of(part): part for part in render(feed(), INSTALLATION)}
keys = st.sampled_from(sorted(MANIFESTS))


def _foreign(manifest: Manifest) -> Manifest:
    other = copy.deepcopy(manifest)
    other["metadata"]["labels"] = {}
    other["metadata"]["ownerReferences"] = [
        {"kind": "HelmRelease", "name": "other", "uid": "other", "controller": True}
    ]
    return other


def _leftover(manifest: Manifest, uid: str) -> Manifest:
    """Returns an object that the feed owns but no longer needs."""
    other = copy.deepcopy(manifest)
    other["metadata"]["name"] += "-left"
    other["metadata"]["labels"] = {FEED_LABEL: "us"}
    if other["kind"] != "KafkaTopic":
        owner = {"kind": "StockFeed", "name": "us", "uid": uid, "controller": True}
        other["metadata"]["ownerReferences"] = [owner]
    return other


def _corrupt(live: Manifest, depth: list[str]) -> None:
    """Changes the first scalar field found along the path, and adds a field at its end."""
    target: Any = live
    for name in depth:
        if isinstance(target.get(name), dict):
            target = target[name]
    for name, part in list(target.items()):
        if isinstance(part, int) and not isinstance(part, bool):
            target[name] = part + 5
            break
        if isinstance(part, str) and target is not live:
            target[name] = f"{part}-changed"
            break
    target["other"] = "added"


def _start(data: st.DataObject) -> Life:
    """Creates a feed in an arbitrary state, in a cluster with manual changes."""
    life = Life(InMemoryCluster())
    before = data.draw(st.none() | specs, label="spec before")
    if before is not None:
        life.create(**before)
        life.steps(data.draw(st.integers(0, 12), label="steps before"))
    for key in data.draw(st.lists(keys, max_size=3), label="foreign"):
        if key not in life.cluster.objects:
            life.cluster.create(_foreign(MANIFESTS[key]))
    if before is None:
        life.create()
    uid = life.resource["metadata"]["uid"]
    for key in data.draw(st.lists(keys, max_size=3, unique=True), label="leftover"):
        life.cluster.create(_leftover(MANIFESTS[key], uid))
    for key in data.draw(st.lists(keys, max_size=3), label="deleted"):
        life.cluster.objects.pop(key, None)
    for key in data.draw(st.lists(keys, max_size=3), label="edited"):
        if key in life.cluster.objects:
            depth = data.draw(
                st.sampled_from([["spec"], ["data"], ["metadata", "labels"], ["spec", "template"]])
            )
            _corrupt(life.cluster.objects[key], depth)
    return life


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_converges_from_any_state_and_then_writes_nothing(data: st.DataObject) -> None:
    life = _start(data)
    wanted = data.draw(specs, label="spec")
    life.cluster.edit(FEED, "us", lambda live: live.update(spec=resource(**wanted)["spec"]))
    life.rest()

    writes = len(life.cluster.writes)
    life.step()
    assert len(life.cluster.writes) == writes

    desired = {key_of(part): part for part in render(feed(**wanted), INSTALLATION)}
    for key, part in desired.items():
        live = life.cluster.objects[key]
        owners = live["metadata"].get("ownerReferences", [])
        if any(owner["uid"] == "other" for owner in owners) and key.kind != "KafkaTopic":
            assert life.condition("NotApplied")["reason"] == "NameTaken"
        else:
            assert contains(live, part), key
    _assert_nothing_else_is_owned(life, set(desired))


def _assert_nothing_else_is_owned(life: Life, desired: set[Key]) -> None:
    uid = life.resource["metadata"]["uid"]
    for key, live in life.cluster.objects.items():
        owners = [owner["uid"] for owner in live["metadata"].get("ownerReferences", [])]
        if uid in owners and key.kind != "Workflow":
            assert key in desired


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_deletion_completes_from_any_state(data: st.DataObject) -> None:
    life = _start(data)
    life.step()
    life.cluster.remove(Key(FEED.kind, "us"))
    for _ in range(80):
        if not life.exists:
            break
        life.step()
        life.cluster.settle(5)
    assert not life.exists
    kinds = {
        key.kind
        for key, live in life.cluster.objects.items()
        if live["metadata"].get("labels", {}).get(FEED_LABEL) == "us"
    }
    assert kinds <= {"KafkaTopic"}
