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
        namespace: str, name: str, now: datetime, on_repair: Callable[[Key], None]
    ) -> Outcome:
        assert (namespace, name) == US
        assert now.tzinfo is not None
        return act()

    return Worker(reconcile, OperatorMetrics(registry), resync=300)


@pytest.mark.parametrize(
    ("requeue_after", "seconds"),
    [(None, 300), (timedelta(seconds=5), 5), (timedelta(hours=9), 300), (timedelta(-1), 0)],
)
def test_requeues_after_the_outcome_but_within_the_resync_interval(
    registry: CollectorRegistry, requeue_after: timedelta | None, seconds: float
) -> None:
    worker = _worker(registry, lambda: Outcome("steady", STATUS, requeue_after))
    assert worker.reconcile(US) == seconds


def test_counts_repairs_even_if_the_reconcile_fails_later(
    registry: CollectorRegistry,
) -> None:
    def reconcile(
        namespace: str, name: str, now: datetime, on_repair: Callable[[Key], None]
    ) -> Outcome:
        on_repair(Key("Deployment", "a"))
        on_repair(Key("Deployment", "b"))
        raise ConflictError("the status was not written")

    Worker(reconcile, OperatorMetrics(registry), resync=300).reconcile(US)
    value = registry.get_sample_value
    assert value("stockfeed_operator_reconciles_total", {"result": "failed"}) == 1
    assert value("stockfeed_operator_reconcile_seconds_count") == 1
    assert value("stockfeed_operator_drift_repairs_total", {"kind": "Deployment"}) == 2


def test_removes_the_metrics_of_a_deleted_feed(registry: CollectorRegistry) -> None:
    outcomes = iter([Outcome("steady", STATUS), GONE])
    worker = _worker(registry, lambda: next(outcomes))
    worker.reconcile(US)
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
    assert worker.reconcile(US) is None
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
def test_retries_after_errors(
    registry: CollectorRegistry, error: Exception, seconds: float
) -> None:
    def act() -> Outcome:
        raise error

    assert _worker(registry, act).reconcile(US) == seconds
    value = registry.get_sample_value
    assert value("stockfeed_operator_reconciles_total", {"result": "failed"}) == 1


def test_doubles_the_delay_at_each_failure_in_a_row(registry: CollectorRegistry) -> None:
    outcomes: list[Outcome | Exception] = [ClusterError("x")] * 7
    outcomes += [Outcome("steady", STATUS), ClusterError("x")]
    outcomes += [Outcome("steady", STATUS, failed=True)] * 3

    def act() -> Outcome:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    worker = _worker(registry, act)
    delays = [worker.reconcile(US) for _ in range(12)]
    assert delays == [10, 20, 40, 80, 160, 300, 300, 300, 10, 20, 40, 60]
