"""Changes of a feed while it replays its tape.

They show which pods change, which must not restart, and that every quote in flight reaches gold.
"""

import time
from datetime import datetime
from typing import Any

from cluster.e2e.core.conftest import MOVING, TWIN, Market, twin
from support.e2e.feeds import OWNED_KINDS, Feed, group, key_secret
from support.e2e.figures import Figures
from support.e2e.kube import Kube, condition
from support.e2e.sessions import in_seconds, session_ending
from support.e2e.tapes import Tape

_LOAD_SECONDS = 150  # a minute until the run starts, and its duration
_SESSION_SECONDS = 60
_PARTITIONS_BEFORE, _PARTITIONS = 2, 5


def _identities(feed: Feed, *groups: str) -> set[tuple[str, int]]:
    """Returns each pod's UID and its number of restarts."""
    return {
        (pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["restartCount"])
        for name in groups
        for component in ("producer", "consumer")
        for pod in feed.pods(component, name)
    }


def _state(feed: Feed, name: str) -> str:
    """Returns a group's state in the status; empty if the status does not mention the group."""
    groups: list[dict[str, Any]] = feed.status.get("groups", [])
    return next((str(found["state"]) for found in groups if found["name"] == name), "")


def _all_in_silver(feed: Feed, server: Tape, *symbols: str) -> bool:
    """Returns whether silver has every quote of the symbols that was polled and confirmed.

    A symbol's newest quote may be revealed but not confirmed when its producer ends: Kafka may or
    may not have acknowledged it.
    """
    found = feed.warehouse().silver_by_symbol()
    parts = server.stats()["symbols"]
    return all(
        parts[symbol]["confirmed"] <= found.get(symbol, 0) <= parts[symbol]["revealed"]
        for symbol in symbols
    )


def _is_in_flight(feed: Feed, server: Tape, *symbols: str) -> bool:
    """Returns whether Kafka has acknowledged quotes that silver does not have yet."""
    found = feed.warehouse().silver_by_symbol()
    parts: dict[str, dict[str, int]] = server.stats()["symbols"]
    return sum(parts[symbol]["confirmed"] - found.get(symbol, 0) for symbol in symbols) > 0


def test_adds_partitions_without_restarts(market: Market) -> None:
    """Nothing restarts. A later test checks the new partitions' quotes, once clients see them."""
    feed = market.moving
    feed.wait("ProducersAvailable", "True", 120)
    feed.wait("ConsumersAvailable", "True", 60)
    before = _identities(feed, "first", "second")
    feed.change(kafka={**feed.resource["spec"]["kafka"], "partitions": _PARTITIONS})
    feed.wait("TopicsReady", "True", 30)
    feed.until("the topics to be grown", lambda: _grown(feed), 30)
    assert _identities(feed, "first", "second") == before


def _grown(feed: Feed) -> bool:
    """Returns whether the topic operator has reported the partitions for the current generation."""
    topics = feed.kube.find("KafkaTopic", f"stockfeed.dev/feed={feed.name}")
    return all(
        topic["spec"]["partitions"] == _PARTITIONS
        and topic["status"]["observedGeneration"] == topic["metadata"]["generation"]
        and condition(topic, "Ready")["status"] == "True"
        for topic in topics
    )


def test_adds_a_group(market: Market) -> None:
    feed = market.moving
    before = _identities(feed, "first", "second")
    assert len(before) == 4
    groups = [*feed.resource["spec"]["symbolGroups"], group("third", ["MSFT"])]
    feed.change(symbolGroups=groups)
    feed.wait("ProducersAvailable", "True", 90)
    feed.wait("ConsumersAvailable", "True", 60)
    assert _state(feed, "third") == "Running"
    assert feed.pods("producer", "third")
    assert _identities(feed, "first", "second") == before


def test_changing_symbols_restarts_only_their_group(market: Market) -> None:
    feed, server = market.moving, market.moving_server
    others = _identities(feed, "first", "third")
    first, _, third = feed.resource["spec"]["symbolGroups"]
    feed.change(symbolGroups=[first, group("second", ["GOOG"]), third])

    def unchanged() -> bool:
        feed.wait("ProducersAvailable", "True", 90)
        was = server.stats()["symbols"]["IBM"]["revealed"]
        market.tape_server.stats()  # takes some time
        return bool(was == server.stats()["symbols"]["IBM"]["revealed"])

    feed.until("IBM to be asked for no more", unchanged, 120)
    assert _identities(feed, "first", "third") == others
    feed.until("IBM in gold", lambda: _all_in_silver(feed, server, "IBM"), _LOAD_SECONDS)


def test_quotes_of_added_partitions_reach_gold_once(market: Market) -> None:
    feed, server = market.moving, market.moving_server
    warehouse = feed.warehouse()
    # The keys of AAPL and GOOG now hash to the new partition.
    for symbol in ("AAPL", "GOOG"):
        feed.until(
            f"{symbol} from an added partition",
            lambda symbol=symbol: max(warehouse.partitions(symbol)) >= _PARTITIONS_BEFORE,
            _LOAD_SECONDS,
        )
    feed.until("IBM in gold", lambda: _all_in_silver(feed, server, "IBM"), _LOAD_SECONDS)
    assert warehouse.repeated() == []


def test_drains_a_removed_group(market: Market) -> None:
    feed, server = market.moving, market.moving_server
    others = _identities(feed, "first", "third")
    assert _is_in_flight(feed, server, "GOOG")
    first, _, third = feed.resource["spec"]["symbolGroups"]
    feed.change(symbolGroups=[first, third])
    feed.until("the group's pods to go", lambda: not feed.pods(group_name="second"), 150)
    assert _identities(feed, "first", "third") == others
    assert "DrainTimedOut" not in feed.reasons()
    assert feed.kube.get("KafkaTopic", f"stock-quotes.{MOVING}.second"), "its quotes are kept"
    feed.until("its quotes in gold", lambda: _all_in_silver(feed, server, "GOOG"), _LOAD_SECONDS)


def test_suspending_stops_the_feed_in_order(market: Market, figures: Figures) -> None:
    feed, server = market.moving, market.moving_server
    assert _is_in_flight(feed, server, "AAPL", "MSFT")
    began = time.monotonic()
    feed.change(suspend=True)
    feed.wait("Ready", "True", 200, "Suspended")
    figures.note("Suspend: drained, loaded and stopped after", f"{time.monotonic() - began:.0f} s")
    _is_stopped_in_order(feed, server)
    assert len(_last_loads(feed)) == 1


def _is_stopped_in_order(feed: Feed, server: Tape) -> None:
    assert not feed.pods("producer")
    assert not feed.pods("consumer")
    assert _all_in_silver(feed, server, "AAPL", "MSFT"), feed.explain()
    assert feed.warehouse().repeated() == []
    assert not feed.condition("DrainTimedOut")


def _last_loads(feed: Feed) -> list[str]:
    runs = [run["metadata"] for run in feed.runs()]
    return [str(run["name"]) for run in runs if "stockfeed.dev/last-load" in run["labels"]]


def test_resumed_feed_continues_where_it_stopped(market: Market) -> None:
    feed, server = market.moving, market.moving_server
    before = server.stats()["symbols"]["AAPL"]["revealed"]
    feed.change(suspend=False)
    feed.wait("ProducersAvailable", "True", 90)
    feed.wait("ConsumersAvailable", "True", 90)
    feed.until(
        "more quotes", lambda: server.stats()["symbols"]["AAPL"]["revealed"] > before + 8, 60
    )
    assert feed.warehouse().repeated() == []


def test_session_end_stops_the_feed_in_order(market: Market, figures: Figures) -> None:
    """Extends a real exchange's session to end in a minute, while quotes are in flight."""
    feed, server = market.moving, market.moving_server
    before, loads = _identities(feed, "first", "third"), _last_loads(feed)
    end = in_seconds(_SESSION_SECONDS)
    feed.change(session=session_ending(end))
    feed.until("the session to be told of", lambda: feed.status.get("session"), 20)
    told = feed.status["session"]
    assert (told["open"], datetime.fromisoformat(told["nextChangeAt"])) == (True, end)
    assert _identities(feed, "first", "third") == before, "what runs goes on"
    time.sleep(max(0.0, (end - in_seconds(1)).total_seconds()))
    assert feed.pods("producer"), "nothing stops before the end"
    assert _is_in_flight(feed, server, "AAPL", "MSFT")
    feed.wait("Stopped", "True", 200, "SessionClosed")
    took = (in_seconds(0) - end).total_seconds()
    figures.note("End of a session: drained, loaded and stopped after", f"{took:.0f} s")
    assert not feed.status["session"]["open"]
    assert feed.condition("Ready")["reason"] == "SessionClosed"
    _is_stopped_in_order(feed, server)
    assert len(_last_loads(feed)) == len(loads) + 1


def test_feed_resumes_when_its_session_is_removed(market: Market) -> None:
    feed, server = market.moving, market.moving_server
    before = server.stats()["symbols"]["AAPL"]["revealed"]
    feed.remove_part("session")
    feed.wait("ProducersAvailable", "True", 90)
    feed.wait("ConsumersAvailable", "True", 90)
    feed.until(
        "more quotes", lambda: server.stats()["symbols"]["AAPL"]["revealed"] > before + 8, 60
    )


def test_feeds_with_one_api_key_share_its_budget(market: Market, kube: Kube) -> None:
    feed = market.twin
    feed.wait("ProducersAvailable", "True", 120)
    feed.wait("ConsumersAvailable", "True", 60)
    before = _identities(feed, "only")
    other = Feed(kube, f"{TWIN}-2")
    other.apply(twin(f"{TWIN}-2"))
    try:
        feed.wait("RateBudgetExceeded", "True", 30)
        other.wait("RateBudgetExceeded", "True", 30)
        shares = kube.get("ConfigMap", f"{TWIN}-shares") or {}
        assert float(shares["data"]["only"]) == 30.0
        (status,) = feed.status["groups"]
        assert status["effectivePollInterval"] == "4s"
        assert _identities(feed, "only") == before
    finally:
        kube.delete("StockFeed", f"{TWIN}-2")
    feed.until("its full share", lambda: not feed.condition("RateBudgetExceeded"), 150)
    assert _identities(feed, "only") == before


def test_picks_up_a_rotated_secret_without_a_restart(market: Market, kube: Kube) -> None:
    feed = market.twin
    before = _identities(feed, "only")
    kube.apply(key_secret(TWIN, "revoked"))
    feed.wait("ProducersAvailable", "False", 150)
    kube.apply(key_secret(TWIN, "demo"))
    feed.wait("ProducersAvailable", "True", 150)
    assert _identities(feed, "only") == before


def test_deleting_a_feed_keeps_topics_and_objects(market: Market, kube: Kube) -> None:
    feed, server = market.moving, market.moving_server
    assert _is_in_flight(feed, server, "AAPL", "MSFT")
    kube.delete("StockFeed", feed.name)
    feed.until("the feed to go", lambda: not feed.live, 240)
    assert _all_in_silver(feed, server, "AAPL", "MSFT")
    assert feed.warehouse().repeated() == []
    feed.until("its objects to go", lambda: _owned(kube, feed.name) == {"KafkaTopic"}, 60)
    assert kube.get("KafkaTopic", f"stock-quotes.{MOVING}.first")


def test_deletion_policy_delete_removes_the_topics(market: Market, kube: Kube) -> None:
    kube.delete("StockFeed", market.drift.name)
    market.drift.until("the feed to go", lambda: not market.drift.live, 200)
    market.drift.until("its objects to go", lambda: not _owned(kube, market.drift.name), 60)


def _owned(kube: Kube, feed: str) -> set[str]:
    """Returns the kinds of the feed's remaining objects, except runs, which Argo keeps."""
    kinds = (*OWNED_KINDS, "Workflow")
    return {kind for kind in kinds if kube.find(kind, f"stockfeed.dev/feed={feed}")}
