import json
import socket
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Counter

from stockfeed.errors import ConfigurationError
from stockfeed.health import CheckResult, HealthServer


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    Counter("stockfeed_polls", "Polls.", registry=registry).inc(7)
    return registry


@pytest.fixture
def server(registry):
    checks = {
        "/healthz": lambda: CheckResult(True, {"healthy": True}),
        "/readyz": lambda: CheckResult(False, {"reasons": ["Kafka is away"]}),
        "/broken": lambda: 1 / 0,
    }
    with HealthServer(0, registry, checks) as server:
        yield server


def get(server, path):
    """Status, content type and body."""
    url = f"http://127.0.0.1:{server.port}{path}"
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


def test_a_check_that_holds_is_200_with_its_body(server):
    status, kind, body = get(server, "/healthz")
    assert (status, kind, json.loads(body)) == (200, "application/json", {"healthy": True})


def test_a_check_that_does_not_hold_is_503_and_says_why(server):
    status, _, body = get(server, "/readyz?verbose")
    assert (status, json.loads(body)) == (503, {"reasons": ["Kafka is away"]})


def test_the_status_has_the_bodies_of_all_checks_and_is_always_200(registry):
    checks = {
        "/healthz": lambda: CheckResult(True, {"healthy": True}),
        "/readyz": lambda: CheckResult(False, {"reasons": ["Kafka is away"]}),
    }
    with HealthServer(0, registry, checks) as server:
        status, kind, body = get(server, "/status")
    assert (status, kind) == (200, "application/json")
    assert json.loads(body) == {
        "/healthz": {"healthy": True},
        "/readyz": {"reasons": ["Kafka is away"]},
    }


def test_metrics_are_shown(server):
    status, kind, body = get(server, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain")
    assert b"stockfeed_polls_total 7.0" in body


def test_another_path_is_not_found(server):
    assert get(server, "/drained")[0] == 404


def test_a_check_that_breaks_is_no_success_and_stops_nothing(server, capfd):
    with suppress(OSError):
        assert get(server, "/broken")[0] >= 500
    assert get(server, "/healthz")[0] == 200


def test_a_port_that_is_taken_is_a_configuration_error(registry):
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"STOCKFEED_HTTP_PORT: port {port}"):
            HealthServer(port, registry, {})


def test_after_the_end_the_port_is_free(registry):
    with HealthServer(0, registry, {}) as server:
        port = server.port
    with HealthServer(port, registry, {}) as again:
        assert again.port == port
