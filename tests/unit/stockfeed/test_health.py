import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry

from stockfeed.errors import ConfigurationError
from stockfeed.health import CheckResult, health_server
from stockfeed.httpserver import HttpServer


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def broken() -> CheckResult:
    raise ZeroDivisionError


@pytest.fixture
def server(registry: CollectorRegistry) -> Iterator[HttpServer]:
    checks = {
        "/healthz": lambda: CheckResult(True, {"healthy": True}),
        "/readyz": lambda: CheckResult(False, {"reasons": ["Kafka is away"]}),
        "/broken": broken,
    }
    with health_server(0, registry, checks) as server:
        yield server


def get(server: HttpServer, path: str) -> tuple[int, str, bytes]:
    """Status, content type and body."""
    url = f"http://127.0.0.1:{server.port}{path}"
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


def test_passing_check_returns_200_with_its_body(server: HttpServer) -> None:
    status, kind, body = get(server, "/healthz")
    assert (status, kind, json.loads(body)) == (200, "application/json", {"healthy": True})


def test_failing_check_returns_503_with_the_reason(server: HttpServer) -> None:
    status, _, body = get(server, "/readyz?verbose")
    assert (status, json.loads(body)) == (503, {"reasons": ["Kafka is away"]})


def test_status_returns_200_with_the_bodies_of_all_checks(registry: CollectorRegistry) -> None:
    checks = {
        "/healthz": lambda: CheckResult(True, {"healthy": True}),
        "/readyz": lambda: CheckResult(False, {"reasons": ["Kafka is away"]}),
    }
    with health_server(0, registry, checks) as server:
        status, kind, body = get(server, "/status")
    assert (status, kind) == (200, "application/json")
    assert json.loads(body) == {
        "/healthz": {"healthy": True},
        "/readyz": {"reasons": ["Kafka is away"]},
    }


def test_check_that_raises_is_not_a_success_and_keeps_the_server_running(
    server: HttpServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with suppress(OSError):
        assert get(server, "/broken")[0] >= 500
    assert get(server, "/healthz")[0] == 200


def test_taken_port_is_a_configuration_error(registry: CollectorRegistry) -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"STOCKFEED_HTTP_PORT: port {port}"):
            health_server(port, registry, {})
