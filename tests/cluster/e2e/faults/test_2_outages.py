"""Systems fail while quotes flow.

Conditions and alerts report each outage while it lasts, nothing is lost or duplicated, and the feed
recovers by itself.
"""

import time

from cluster.e2e.faults.conftest import FEED, OUTAGE_SECONDS, Faulty
from support.e2e.figures import Figures
from support.e2e.kube import until
from support.e2e.monitoring import Monitoring

_HEALING_SECONDS = 240
# A scrape, a rule evaluation, and the time for which Prometheus still sees a deleted pod.
_ALERT_SECONDS = 90
_SYMBOLS = ("AAPL", "GOOG", "IBM")


def test_failing_dbt_test(faulty: Faulty, monitoring: Monitoring, figures: Figures) -> None:
    feed, warehouse = faulty.feed, faulty.feed.warehouse()
    feed.until("AAPL in gold", lambda: warehouse.price("AAPL"), 150)
    price = warehouse.price("AAPL")
    warehouse.set_price("AAPL", "-1")  # its tape has ended, so no quote corrects this
    said = feed.wait("LoadHealthy", "False", 150, "BuildFailed")
    assert "gold_kpi_current_price_is_positive" in said["message"]
    assert feed.condition("Ready")["reason"] == "BuildFailed"
    assert "BuildFailed" in feed.reasons()
    monitoring.wait_for_alert("StockFeedLoadFailing", FEED, _ALERT_SECONDS)
    warehouse.set_price("AAPL", price)
    _recovers(faulty, figures, "a failing dbt test")


def test_kafka_restart(faulty: Faulty, monitoring: Monitoring, figures: Figures) -> None:
    """Producers buffer quotes and consumers wait; both report that Kafka does not respond."""
    feed = faulty.feed
    with faulty.outage("kafka"):
        began = time.monotonic()
        feed.wait("ProducersAvailable", "False", OUTAGE_SECONDS)
        figures.note("Kafka away: told after", f"{time.monotonic() - began:.0f} s")
        monitoring.wait_for_alert("StockFeedPodsNotReady", FEED, _ALERT_SECONDS)
        _wait_for_end(began)
    _recovers(faulty, figures, "Kafka")


def test_minio_outage(faulty: Faulty, monitoring: Monitoring, figures: Figures) -> None:
    """Consumers keep their quotes and commit nothing; loads fail and report the reason."""
    feed = faulty.feed
    with faulty.outage("minio"):
        began = time.monotonic()
        _wait_for_condition(faulty, "ConsumersAvailable", "LoadHealthy")
        figures.note("MinIO away: told after", f"{time.monotonic() - began:.0f} s")
        _wait_for_alert(
            monitoring, "StockFeedPodsNotReady", "StockFeedLoadFailing", "StockFeedFlushFailing"
        )
        _wait_for_end(began)
    _recovers(faulty, figures, "MinIO")
    assert feed.condition("ConsumersAvailable")["status"] == "True"


def test_warehouse_outage(faulty: Faulty, monitoring: Monitoring, figures: Figures) -> None:
    feed = faulty.feed
    with faulty.outage("snowflake"):
        began = time.monotonic()
        _wait_for_condition(faulty, "LoadHealthy")
        figures.note("Warehouse away: told after", f"{time.monotonic() - began:.0f} s")
        assert feed.condition("ConsumersAvailable")["status"] == "True"
        monitoring.wait_for_alert("StockFeedLoadFailing", FEED, _ALERT_SECONDS)
        _wait_for_end(began)
    _recovers(faulty, figures, "the warehouse")


def test_operator_outage(faulty: Faulty, monitoring: Monitoring, figures: Figures) -> None:
    """The feed and its loads continue; changes are applied when the operator is back."""
    feed = faulty.feed
    with faulty.outage_of_operator():
        began = time.monotonic()
        loaded = sum(_silver(faulty).values())
        spec = feed.resource["spec"]
        feed.change(landing={**spec["landing"], "rotate": {"interval": "4s"}})
        faulty.wait_for_progress()
        monitoring.wait_for_alert("StockFeedOperatorDown", "", _ALERT_SECONDS)
        _wait_for_end(began)
        feed.until("more in silver", lambda: sum(_silver(faulty).values()) > loaded, 90)
        assert not feed.status, "nobody has taken the change up"
    _recovers(faulty, figures, "the operator")


def test_no_quote_is_lost_or_duplicated(faulty: Faulty, figures: Figures) -> None:
    """After all faults, gold has each confirmed quote exactly once."""
    feed, server, warehouse = faulty.feed, faulty.server, faulty.feed.warehouse()
    faulty.server.hold(0)

    def confirmed() -> bool:
        parts = server.stats()["symbols"]
        return all(parts[symbol]["confirmed"] == parts[symbol]["revealed"] for symbol in _SYMBOLS)

    feed.until("the held tape to be confirmed", confirmed, 60)
    wanted = {symbol: server.stats()["symbols"][symbol]["confirmed"] for symbol in _SYMBOLS}
    feed.until(f"{wanted} in silver", lambda: _silver(faulty) == wanted, _HEALING_SECONDS)
    assert warehouse.repeated() == []
    verified = feed.verify(start="2h", patience="5m")
    assert verified.phase == "Succeeded", verified.message
    figures.note("Faults: quotes in gold once each", str(sum(wanted.values())))


def _silver(faulty: Faulty) -> dict[str, int]:
    found = faulty.feed.warehouse().silver_by_symbol()
    return {symbol: found.get(symbol, 0) for symbol in _SYMBOLS}


def _wait_for_condition(faulty: Faulty, *kinds: str) -> None:
    """Waits until one of the conditions reports the outage."""
    faulty.feed.until(
        f"one of {kinds} to be False",
        lambda: any(faulty.feed.condition(kind).get("status") == "False" for kind in kinds),
        OUTAGE_SECONDS + 60,
    )


def _wait_for_alert(monitoring: Monitoring, *names: str) -> None:
    """Waits until one of the alerts is pending or firing for the feed."""
    until(
        f"one of {names}",
        lambda: monitoring.alerts(FEED).keys() & set(names),
        _ALERT_SECONDS,
        lambda: str(monitoring.alerts(FEED)),
    )


def _wait_for_end(began: float) -> None:
    """Waits for the rest of the outage's duration."""
    time.sleep(max(0.0, began + OUTAGE_SECONDS - time.monotonic()))


def _recovers(faulty: Faulty, figures: Figures, what: str) -> None:
    began = time.monotonic()
    faulty.feed.wait("Ready", "True", _HEALING_SECONDS, "Running")
    figures.note(f"Healed after {what}", f"{time.monotonic() - began:.0f} s")
    faulty.wait_for_progress()
