from concurrent.futures import Future

import pytest
from prometheus_client import CollectorRegistry

from stockfeed.consumer import status as module
from stockfeed.consumer.status import Status
from stockfeed.contract import endpoints
from stockfeed.metrics import ConsumerMetrics


class Owned:
    def __init__(self, buffered=0):
        self.buffered = buffered


class Worker:
    def __init__(self, buffered=(0, 0), faults=None, last_errors=None):
        self.partitions = dict(enumerate(map(Owned, buffered)))
        self.faults = faults or {}
        self.last_errors = last_errors or {}


@pytest.fixture
def now(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def status(now, registry):
    return Status(ConsumerMetrics(registry))


def ask(status, path):
    return status.checks()[path]()


@pytest.mark.parametrize(
    ("buffered", "lag", "drained"),
    [((0, 0), {0: 0, 1: 0}, True), ((0, 1), {0: 0, 1: 0}, False), ((0, 0), {0: 0, 1: 7}, False)],
)
def test_drained_requires_zero_lag_and_empty_buffers(status, buffered, lag, drained):
    status.update(Worker(buffered), lag, None)
    answer = ask(status, endpoints.DRAINED)
    assert answer.ok is drained
    assert answer.body == {
        "drained": drained,
        "lag": sum(lag.values()),
        "buffered": sum(buffered),
        "partitions": [0, 1],
    }


def test_not_drained_if_the_lag_measurement_is_old(status, now):
    status.update(Worker(), {0: 0}, None)
    now[0] += 11
    status.update(Worker(), None, "the broker did not answer")
    assert not ask(status, endpoints.DRAINED).ok


def test_readiness_lists_all_problems(status):
    assert not ask(status, endpoints.READYZ).ok
    status.update(Worker(), {0: 0}, None)
    assert ask(status, endpoints.READYZ).ok
    status.update(Worker(faults={0: "truncated"}, last_errors={1: "no put"}), None, "no broker")
    answer = ask(status, endpoints.READYZ)
    assert not answer.ok
    assert answer.body["reasons"] == ["no broker", "truncated", "no put"]


def test_not_live_if_the_loop_hangs(status, now):
    assert ask(status, endpoints.HEALTHZ).ok
    now[0] += 61
    assert not ask(status, endpoints.HEALTHZ).ok
    status.record_progress()
    assert ask(status, endpoints.HEALTHZ).ok


def test_failed_session_is_unready_but_live(status, now):
    now[0] += 61
    outcome = Future()
    outcome.set_exception(OSError("no route"))
    status.record_retry(outcome)
    assert ask(status, endpoints.HEALTHZ).ok
    assert ask(status, endpoints.READYZ).body["reasons"] == ["no route"]


def test_removes_the_lag_series_of_an_unassigned_partition(status, registry):
    status.update(Worker(), {0: 3, 1: 4}, None)
    status.update(Worker(), {1: 5}, None)

    def lag(partition):
        name = "stockfeed_consumer_lag_messages"
        return registry.get_sample_value(name, {"partition": partition})

    assert (lag("0"), lag("1")) == (None, 5)
