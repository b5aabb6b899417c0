"""A hundred feeds of five groups: time, requests and memory, and no writes in the steady state.

The feeds are suspended, so that the operator is measured and not the node.
"""

import time

from cluster.e2e.scale.conftest import Meter
from support.e2e.feeds import RUN, group, manifest
from support.e2e.figures import Figures
from support.e2e.kube import Kube, Manifest, condition, until

_FEEDS, _GROUPS = 100, 5
_LABEL = f"stockfeed.test/scale={RUN}"
_WRITES = ("APPLY", "PATCH", "POST", "PUT", "DELETE")
_STEADY_SECONDS = 90
_KINDS = ("StockFeed", "Deployment", "CronWorkflow", "KafkaTopic", "ConfigMap")


def test_reconciles_a_hundred_feeds(kube: Kube, meter: Meter, figures: Figures) -> None:
    idle, before = meter.memory(), meter.requests()
    began = time.monotonic()
    for number in range(_FEEDS):
        kube.apply(_feed(number))
    applied = time.monotonic() - began
    until("all objects to be there", lambda: _complete(kube), 600, pause=3)
    took = time.monotonic() - began
    until("all feeds to say that they are stopped", lambda: _all_ready(kube), 300, pause=3)
    ready = time.monotonic() - began
    count = meter.requests() - before
    figures.note("Scale: feeds, groups", f"{_FEEDS}, {_FEEDS * _GROUPS}")
    figures.note("Scale: kubectl apply of all feeds", f"{applied:.0f} s")
    figures.note("Scale: all objects applied after", f"{took:.0f} s")
    figures.note("Scale: all topics ready and told after", f"{ready:.0f} s")
    figures.note("Scale: API requests a feed", f"{sum(count.values()) / _FEEDS:.0f}")
    figures.note("Scale: applies a feed", f"{count['APPLY'] / _FEEDS:.1f}")
    figures.note("Scale: operator's memory", f"{meter.memory():.0f} MiB ({idle:.0f} MiB before)")


def test_writes_nothing_in_steady_state(kube: Kube, meter: Meter, figures: Figures) -> None:
    until("the operator to rest", lambda: _rests(kube), 300)
    before, versions = meter.requests(), _versions(kube)
    began = time.monotonic()
    time.sleep(_STEADY_SECONDS)  # the measured interval
    assert _versions(kube) == versions
    count = meter.requests() - before
    minutes = (time.monotonic() - began) / 60
    figures.note("Scale: objects rewritten while steady", "0")
    figures.note(
        "Scale: requests a feed and minute while steady",
        f"{sum(count.values()) / _FEEDS / minutes:.2f}",
    )


def test_deletes_a_hundred_feeds(kube: Kube, figures: Figures) -> None:
    began = time.monotonic()
    for number in range(_FEEDS):
        kube.delete("StockFeed", _name(number))
    until("all feeds to go", lambda: not kube.find("StockFeed", _LABEL), 400, pause=3)
    until("their objects to go", lambda: not _owned(kube, "Deployment"), 200, pause=3)
    figures.note("Scale: all deleted after", f"{time.monotonic() - began:.0f} s")


def _name(number: int) -> str:
    return f"scale-{RUN}-{number:03d}"


def _feed(number: int) -> Manifest:
    groups = [group(f"g{index}", [f"S{index}"]) for index in range(_GROUPS)]
    resource = manifest(
        _name(number),
        "http://quotes:8080/api/v1",
        groups,
        suspend=True,
        kafka={"cluster": "stocks", "partitions": 1, "replicas": 1, "deletionPolicy": "Delete"},
        labels={"stockfeed.test/scale": RUN},
    )
    resource["metadata"]["labels"] = {"stockfeed.test/scale": RUN}
    return resource


def _owned(kube: Kube, kind: str) -> list[Manifest]:
    return kube.find(kind, _LABEL)


def _complete(kube: Kube) -> bool:
    topics = _owned(kube, "KafkaTopic")
    if len(topics) < _FEEDS * _GROUPS:
        return False
    loads = _owned(kube, "CronWorkflow")
    return len(loads) >= _FEEDS and len(_owned(kube, "Deployment")) == 2 * _FEEDS * _GROUPS


def _all_ready(kube: Kube) -> bool:
    feeds = kube.find("StockFeed", _LABEL)
    return all(condition(feed, "Ready").get("status") == "True" for feed in feeds)


def _versions(kube: Kube) -> dict[str, str]:
    """Returns each object's resource version, which changes with every write."""
    return {
        f"{kind}/{found['metadata']['name']}": found["metadata"]["resourceVersion"]
        for kind in _KINDS
        for found in kube.find(kind, _LABEL)
    }


def _rests(kube: Kube) -> bool:
    before = _versions(kube)
    time.sleep(10)
    return _versions(kube) == before
