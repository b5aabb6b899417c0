"""The kopf handlers without a cluster: which kinds are watched and which feeds an event wakes."""

import asyncio
from typing import Any

import kopf
import pytest
from kopf import Resource

from stockfeed_operator.handlers import build_registry, configure_kopf
from stockfeed_operator.kube.kinds import FEED, MANAGED, Kind
from stockfeed_operator.wakeups import FeedKey, Wakeups


class Recorder(Wakeups):
    """Records wake-ups instead of running loops."""

    def __init__(self) -> None:
        super().__init__(lambda key: None, 1)
        self.woken: list[FeedKey] = []
        self.namespaces: list[str] = []

    def wake(self, key: FeedKey) -> None:
        self.woken.append(key)

    def wake_namespace(self, namespace: str) -> None:
        self.namespaces.append(namespace)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def _handlers(recorder: Recorder) -> dict[str, Any]:
    registry = build_registry(recorder)
    selected = [(handler.selector, handler) for handler in registry._watching._handlers]
    return {str(selector.any_name): handler for selector, handler in selected if selector}


def _feed_event(handler: Any, kind: str | None, generation: int, **meta: Any) -> None:
    meta = {"generation": generation, **meta}
    asyncio.run(handler.fn(namespace="n", name="us", type=kind, meta=meta))


def test_watches_feeds_and_their_objects(recorder: Recorder) -> None:
    handlers = _handlers(recorder)
    assert set(handlers) == {FEED.plural, *(kind.plural for kind in MANAGED)}
    for kind in MANAGED:
        assert handlers[kind.plural].labels == {"stockfeed.dev/feed": kopf.PRESENT}


def test_an_event_of_an_object_wakes_its_feed(recorder: Recorder) -> None:
    handler = _handlers(recorder)["deployments"]
    asyncio.run(handler.fn(namespace="n", labels={"stockfeed.dev/feed": "us"}))
    assert recorder.woken == [("n", "us")]


def test_a_spec_change_wakes_the_namespace_but_a_status_change_does_not(recorder: Recorder) -> None:
    handler = _handlers(recorder)[FEED.plural]
    _feed_event(handler, None, 1)
    _feed_event(handler, "MODIFIED", 1)
    assert recorder.namespaces == ["n"]
    _feed_event(handler, "MODIFIED", 2)
    _feed_event(handler, "MODIFIED", 2, deletionTimestamp="x")
    _feed_event(handler, "DELETED", 2, deletionTimestamp="x")
    assert recorder.namespaces == ["n"] * 4
    assert recorder.woken == [("n", "us")] * 5


def test_disables_kopf_events_and_peering() -> None:
    settings = kopf.OperatorSettings()
    configure_kopf(settings)
    assert settings.posting.enabled is False
    assert settings.peering.standalone is True
    assert settings.queueing.worker_limit is not None


@pytest.mark.parametrize("kind", MANAGED)
def test_watches_only_objects_with_the_feed_label(kind: Kind) -> None:
    settings = kopf.OperatorSettings()
    configure_kopf(settings)
    found = Resource(kind.group, kind.version, kind.plural)
    assert settings.watching.label_selectors.collect(found) == ["stockfeed.dev/feed"]


def test_watches_feeds_without_a_label_selector() -> None:
    settings = kopf.OperatorSettings()
    configure_kopf(settings)
    found = Resource(FEED.group, FEED.version, FEED.plural)
    assert settings.watching.label_selectors.collect(found) == []
