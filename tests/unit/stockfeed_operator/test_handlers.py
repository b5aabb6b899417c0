"""kopf's wiring, without a cluster: what is watched, and what an event wakes."""

import asyncio
from typing import Any

import kopf
import pytest
from kopf import Resource

from stockfeed_operator.handlers import configure_kopf, registry_of
from stockfeed_operator.kube.kinds import FEED, MANAGED, Kind
from stockfeed_operator.wakeups import FeedKey, Wakeups


class Recorder(Wakeups):
    """Keeps what was woken."""

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
    registry = registry_of(recorder)
    selected = [(handler.selector, handler) for handler in registry._watching._handlers]
    return {str(selector.any_name): handler for selector, handler in selected if selector}


def _feed_event(handler: Any, kind: str | None, generation: int, **meta: Any) -> None:
    meta = {"generation": generation, **meta}
    asyncio.run(handler.fn(namespace="n", name="us", type=kind, meta=meta))


def test_feeds_and_all_that_belongs_to_them_are_watched(recorder: Recorder) -> None:
    handlers = _handlers(recorder)
    assert set(handlers) == {FEED.plural, *(kind.plural for kind in MANAGED)}
    for kind in MANAGED:
        assert handlers[kind.plural].labels == {"stockfeed.dev/feed": kopf.PRESENT}


def test_an_owned_objects_event_wakes_its_feed(recorder: Recorder) -> None:
    handler = _handlers(recorder)["deployments"]
    asyncio.run(handler.fn(namespace="n", labels={"stockfeed.dev/feed": "us"}))
    assert recorder.woken == [("n", "us")]


def test_a_spec_wakes_the_neighbours_and_a_status_does_not(recorder: Recorder) -> None:
    handler = _handlers(recorder)[FEED.plural]
    _feed_event(handler, None, 1)
    _feed_event(handler, "MODIFIED", 1)
    assert recorder.namespaces == ["n"]
    _feed_event(handler, "MODIFIED", 2)
    _feed_event(handler, "MODIFIED", 2, deletionTimestamp="x")
    _feed_event(handler, "DELETED", 2, deletionTimestamp="x")
    assert recorder.namespaces == ["n"] * 4
    assert recorder.woken == [("n", "us")] * 5


def test_kopf_is_kept_to_watching() -> None:
    settings = kopf.OperatorSettings()
    configure_kopf(settings)
    assert settings.posting.enabled is False
    assert settings.peering.standalone is True
    assert settings.queueing.worker_limit is not None


@pytest.mark.parametrize("kind", MANAGED)
def test_the_api_server_is_asked_for_feeds_objects_alone(kind: Kind) -> None:
    settings = kopf.OperatorSettings()
    configure_kopf(settings)
    found = Resource(kind.group, kind.version, kind.plural)
    assert settings.watching.label_selectors.collect(found) == ["stockfeed.dev/feed"]


def test_feeds_themselves_need_no_label() -> None:
    settings = kopf.OperatorSettings()
    configure_kopf(settings)
    found = Resource(FEED.group, FEED.version, FEED.plural)
    assert settings.watching.label_selectors.collect(found) == []
