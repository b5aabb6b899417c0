from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from stockfeed_operator.kube.errors import ClusterError, ConflictError, ForbiddenError
from stockfeed_operator.kube.kinds import Key
from stockfeed_operator.metrics import OperatorMetrics
from stockfeed_operator.reconcile import GONE, Outcome
from stockfeed_operator.spec.conditions import Condition
from stockfeed_operator.spec.feed_status import LastLoad, StockFeedStatus
from stockfeed_operator.worker import Worker

US = ("markets", "us")
STATUS = StockFeedStatus(
    conditions=(
        Condition(
            type="Ready", status="True", reason="x", last_transition_time="2026-03-04T15:00:00Z"
        ),
    ),
    last_load=LastLoad(
        workflow="w",
        finished_at="2026-03-04T15:00:00Z",
        newest_quote_at="2026-03-04T14:59:30Z",
    ),
)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def _worker(registry: CollectorRegistry, act: Callable[[], Outcome]) -> Worker:
    def reconcile(
        namespace: str, name: str, now: datetime, count_repair: Callable[[Key], None]
    ) -> Outcome:
        assert (namespace, name) == US
        assert now.tzinfo is not None
        return act()

    return Worker(reconcile, OperatorMetrics(registry), resync=300)


@pytest.mark.parametrize(
    ("requeue_after", "seconds"),
    [(None, 300), (timedelta(seconds=5), 5), (timedelta(hours=9), 300), (timedelta(-1), 0)],
)
def test_the_next_look(
    registry: CollectorRegistry, requeue_after: timedelta | None, seconds: float
) -> None:
    worker = _worker(registry, lambda: Outcome("steady", STATUS, requeue_after))
    assert worker.look(US) == seconds


def test_looks_and_repairs_are_counted_even_when_the_look_fails_later(
    registry: CollectorRegistry,
) -> None:
    def reconcile(
        namespace: str, name: str, now: datetime, count_repair: Callable[[Key], None]
    ) -> Outcome:
        count_repair(Key("Deployment", "a"))
        count_repair(Key("Deployment", "b"))
        raise ConflictError("the status was not written")

    Worker(reconcile, OperatorMetrics(registry), resync=300).look(US)
    value = registry.get_sample_value
    assert value("stockfeed_operator_reconciles_total", {"result": "failed"}) == 1
    assert value("stockfeed_operator_reconcile_seconds_count") == 1
    assert value("stockfeed_operator_drift_repairs_total", {"kind": "Deployment"}) == 2


def test_metrics_of_a_feed_go_with_it(registry: CollectorRegistry) -> None:
    outcomes = iter([Outcome("steady", STATUS), GONE])
    worker = _worker(registry, lambda: next(outcomes))
    worker.look(US)
    labels = {"namespace": "markets", "feed": "us"}
    value = registry.get_sample_value
    newest = "stockfeed_operator_feed_newest_quote_timestamp_seconds"
    loaded = "stockfeed_operator_feed_last_load_timestamp_seconds"
    ready = labels | {"condition": "Ready", "status": "True", "reason": "x"}
    assert value("stockfeed_operator_feed_condition", ready) == 1
    loaded_at, newest_at = value(loaded, labels), value(newest, labels)
    assert loaded_at is not None
    assert newest_at is not None
    assert loaded_at - newest_at == 30
    assert worker.look(US) is None
    assert value(newest, labels) is None
    assert value(loaded, labels) is None
    assert value("stockfeed_operator_feed_condition", ready) is None


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (ConflictError("x"), 1),
        (ClusterError("x"), 10),
        (ForbiddenError("x"), 60),
        (ValueError("a bug"), 60),
    ],
)
def test_errors_lead_to_another_look(
    registry: CollectorRegistry, error: Exception, seconds: float
) -> None:
    def act() -> Outcome:
        raise error

    assert _worker(registry, act).look(US) == seconds
    value = registry.get_sample_value
    assert value("stockfeed_operator_reconciles_total", {"result": "failed"}) == 1
