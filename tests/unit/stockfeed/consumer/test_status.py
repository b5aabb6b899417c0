from concurrent.futures import Future
from types import SimpleNamespace
from typing import cast

import pytest
from prometheus_client import CollectorRegistry

from stockfeed.consumer import status as module
from stockfeed.consumer.status import Status
from stockfeed.consumer.worker import Worker
from stockfeed.contract import endpoints
from stockfeed.health import CheckResult
from stockfeed.metrics import ConsumerMetrics


def worker(
    buffered: tuple[int, int] = (0, 0),
    faults: dict[int, str] | None = None,
    last_errors: dict[int, str] | None = None,
) -> Worker:
    """Creates a fake worker with two partitions."""
    fake = SimpleNamespace(
        partitions={n: SimpleNamespace(buffered=size) for n, size in enumerate(buffered)},
        faults=faults or {},
        last_errors=last_errors or {},
    )
    return cast("Worker", fake)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def status(now: list[float], registry: CollectorRegistry) -> Status:
    return Status(ConsumerMetrics(registry))


def ask(status: Status, path: str) -> CheckResult:
    return status.checks()[path]()


@pytest.mark.parametrize(
    ("buffered", "lag", "drained"),
    [((0, 0), {0: 0, 1: 0}, True), ((0, 1), {0: 0, 1: 0}, False), ((0, 0), {0: 0, 1: 7}, False)],
)
def test_drained_requires_zero_lag_and_empty_buffers(
    status: Status, buffered: tuple[int, int], lag: dict[int, int], drained: bool
) -> None:
    status.update(worker(buffered), lag, None)
    answer = ask(status, endpoints.DRAINED)
    assert answer.ok is drained
    assert answer.body == {
        "drained": drained,
        "lag": sum(lag.values()),
        "buffered": sum(buffered),
        "partitions": [0, 1],
    }


def test_not_drained_if_the_lag_measurement_is_old(status: Status, now: list[float]) -> None:
    status.update(worker(), {0: 0}, None)
    now[0] += 11
    status.update(worker(), None, "the broker did not answer")
    assert not ask(status, endpoints.DRAINED).ok


def test_readiness_lists_all_problems(status: Status) -> None:
    assert not ask(status, endpoints.READYZ).ok
    status.update(worker(), {0: 0}, None)
    assert ask(status, endpoints.READYZ).ok
    status.update(worker(faults={0: "truncated"}, last_errors={1: "no put"}), None, "no broker")
    answer = ask(status, endpoints.READYZ)
    assert not answer.ok
    assert answer.body["reasons"] == ["no broker", "truncated", "no put"]


def test_not_live_if_the_loop_hangs(status: Status, now: list[float]) -> None:
    assert ask(status, endpoints.HEALTHZ).ok
    now[0] += 61
    assert not ask(status, endpoints.HEALTHZ).ok
    status.record_progress()
    assert ask(status, endpoints.HEALTHZ).ok


def test_failed_session_is_unready_but_live(status: Status, now: list[float]) -> None:
    now[0] += 61
    outcome: Future[None] = Future()
    outcome.set_exception(OSError("no route"))
    status.record_retry(outcome)
    assert ask(status, endpoints.HEALTHZ).ok
    assert ask(status, endpoints.READYZ).body["reasons"] == ["no route"]


def test_removes_the_lag_series_of_an_unassigned_partition(
    status: Status, registry: CollectorRegistry
) -> None:
    status.update(worker(), {0: 3, 1: 4}, None)
    status.update(worker(), {1: 5}, None)

    def lag(partition: str) -> float | None:
        name = "stockfeed_consumer_lag_messages"
        return registry.get_sample_value(name, {"partition": partition})

    assert (lag("0"), lag("1")) == (None, 5)
