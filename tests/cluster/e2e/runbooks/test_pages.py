"""Outages are made, their alerts come, the pages' commands work, and the pages' repairs heal.

An alert that is pending is enough: what it then waits for is its time, which promtool tests.
"""

from typing import Any

import pytest

from cluster.e2e.feeds import Feed, key_secret
from cluster.e2e.monitoring import Monitoring
from cluster.e2e.runbooks import inject, pages
from cluster.e2e.runbooks.conftest import (
    API,
    CHAIN,
    EACH_MINUTE,
    IMAGES,
    KEY,
    LOST,
    TAKEN,
    Ward,
    forget_faults,
)

_ALERT_SECONDS = 180
_HEALING_SECONDS = 240
_PAUSE = "stockfeed.dev/pause-reconciliation"

# Those that look at now; others remember for minutes or hours.
_AT_ONCE = {
    "StockFeedChainBroken",
    "StockFeedFileRejected",
    "StockFeedLoadFailing",
    "StockFeedPodsNotReady",
}
# Alert, feed, group.
OUTAGES = [
    ("StockFeedApiRateLimited", API, "only"),
    ("StockFeedAnswersRejected", API, "only"),
    ("StockFeedApiRejecting", KEY, "only"),
    ("StockFeedPodsNotReady", IMAGES, "only"),
    ("StockFeedErrorMessagesLanded", LOST, "only"),
    ("StockFeedOffsetsLost", LOST, "only"),
    ("StockFeedFileRejected", CHAIN, "bad"),
    ("StockFeedLoadFailing", CHAIN, "bad"),
    ("StockFeedChainBroken", CHAIN, "gone"),
]


@pytest.fixture(scope="session")
def broken(ward: Ward) -> dict[str, Any]:
    """All outages made; what the repairs need."""
    chain, lost = ward.feeds[CHAIN], ward.feeds[LOST]
    for group in ("bad", "gone"):
        chain.until(f"objects of {group}", lambda of=group: len(inject.objects(chain, of)) > 2, 180)
    # The first object of all would only make a chain that begins later.
    bad, gone = inject.objects(chain, "bad")[0], inject.objects(chain, "gone")[1]
    kept = {"bad": bad, "metadata": inject.strip_metadata(bad), "object": inject.take_away(gone)}
    chain.change(warehouse={**chain.resource["spec"]["warehouse"], **EACH_MINUTE})
    lost.until("an object", lambda: inject.objects(lost, "only"), 120)
    topic = lost.status["groups"][0]["topic"]
    _lose_messages(ward, topic)
    inject.foreign_messages(ward.kube, topic)
    return kept


def _lose_messages(ward: Ward, topic: str) -> None:
    """The consumer is away while messages come and go."""
    lost, deployment = ward.feeds[LOST], f"{LOST}-only-consumer"
    landed = len(inject.objects(lost, "only"))
    lost.until("them to be landed", lambda: len(inject.objects(lost, "only")) > landed + 2, 90)
    ward.kube.patch("StockFeed", LOST, {"metadata": {"annotations": {_PAUSE: "true"}}})
    lost.until("the pause", lambda: lost.condition("Paused"), 60)
    ward.kube.patch("Deployment", deployment, {"spec": {"replicas": 0}})
    lost.until("the consumer to end", lambda: not lost.pods("consumer"), 90)
    polled = ward.server.stats()["polled"]
    lost.until("more quotes", lambda: ward.server.stats()["polled"] > polled + 50, 90)
    inject.remove_messages(ward.kube, topic)
    ward.kube.patch("StockFeed", LOST, {"metadata": {"annotations": {_PAUSE: None}}})


@pytest.mark.parametrize(("alert", "feed", "group"), OUTAGES)
def test_the_alert_comes_and_the_pages_commands_work(
    ward: Ward, broken: dict[str, Any], monitoring: Monitoring, alert: str, feed: str, group: str
) -> None:
    assert broken
    monitoring.wait_for_alert(alert, feed, _ALERT_SECONDS)
    variables = _variables(ward, feed, group)
    for command in pages.commands(alert):
        pages.run(command, variables)


def _variables(ward: Ward, feed: str, group: str) -> dict[str, str]:
    """What a page's reader fills in from the alert's labels and the lists of the first page."""
    of = ward.feeds[feed]
    pods, runs = of.pods("consumer", group), of.runs()
    return {
        "NAMESPACE": "stocks",
        "FEED": feed,
        "GROUP": group,
        "OPERATOR_NAMESPACE": "stockfeed",
        "POD": pods[0]["metadata"]["name"] if pods else "",
        "WORKFLOW": runs[-1]["metadata"]["name"] if runs else "",
    }


def test_conditions_name_the_causes(
    ward: Ward, broken: dict[str, Any], monitoring: Monitoring
) -> None:
    assert broken
    for feed, kind, reason in (
        (IMAGES, "ProducersAvailable", "ImagePullFailed"),
        (IMAGES, "LoadHealthy", "ImagePullFailed"),
        (TAKEN, "LoadHealthy", "WarehouseTargetTaken"),
        (CHAIN, "LoadHealthy", "ObjectsLeftOut"),
    ):
        ward.feeds[feed].wait(kind, "False", _ALERT_SECONDS, reason)
    for feed in (IMAGES, TAKEN):
        monitoring.wait_for_alert("StockFeedLoadFailing", feed, _ALERT_SECONDS)


def _give_its_own_images(feed: Feed) -> None:
    """And deletes the run that hangs, as the page says: the next one need not wait for it."""
    spec = {name: part for name, part in feed.resource["spec"].items() if name != "pods"}
    feed.apply({**feed.resource, "spec": spec})
    for run in feed.runs():
        feed.kube.delete("Workflow", run["metadata"]["name"])


def test_the_pages_repairs_heal(ward: Ward, broken: dict[str, Any], monitoring: Monitoring) -> None:
    """Each repair is the page's; the alert's expression is no longer true where it looks at now."""
    inject.put_metadata(broken["bad"], broken["metadata"])
    inject.put_back(broken["object"])
    ward.kube.apply(key_secret(KEY, "valid"))
    _give_its_own_images(ward.feeds[IMAGES])
    warehouse = ward.feeds[TAKEN].resource["spec"]["warehouse"]
    ward.feeds[TAKEN].change(warehouse={**warehouse, "schema": "RB_OTHER_RAW", **EACH_MINUTE})
    forget_faults(ward.server)
    for name in (KEY, CHAIN, IMAGES, TAKEN):
        ward.feeds[name].wait("Ready", "True", _HEALING_SECONDS, "Running")
    for name in (CHAIN, IMAGES, TAKEN):
        ward.feeds[name].until(
            "its alerts to end",
            lambda of=name: not _AT_ONCE & monitoring.alerts(of).keys(),
            _HEALING_SECONDS,
        )
