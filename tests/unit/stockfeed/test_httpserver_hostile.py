"""Clients that hold connections open, and the addresses that the server listens on."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import urllib3
from prometheus_client import CollectorRegistry

from stockfeed import httpserver
from stockfeed.httpserver import HttpServer, Response

_ROUTES = {"/hello": lambda: Response(200, "text/plain", b"hello")}


@contextmanager
def _half_open(port: int, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            client.sendall(b"GET /hello HT")
            clients.append(client)
        yield clients


def _seconds_until_closed(client: socket.socket) -> float:
    """Sends a byte every 0.1 s until the server closes the connection, for at most 5 s."""
    started = time.monotonic()
    with suppress(OSError):
        while time.monotonic() - started < 5:
            client.sendall(b"x")
            time.sleep(0.1)
    return time.monotonic() - started


def _get(port: int, host: str = "127.0.0.1") -> int:
    url = f"http://{host}:{port}/hello"
    return urllib3.request("GET", url, timeout=5, retries=False).status


def test_half_open_requests_hold_few_threads_and_others_are_served() -> None:
    before = threading.active_count()
    with HttpServer(0, CollectorRegistry(), _ROUTES) as server, _half_open(server.port, 500):
        assert _get(server.port) == 200
        threads = threading.active_count() - before
    assert threads <= 40


def test_closes_a_connection_whose_request_trickles_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpserver, "_CONNECTION_SECONDS", 1.0, raising=False)
    with (
        HttpServer(0, CollectorRegistry(), _ROUTES) as server,
        _half_open(server.port, 1) as clients,
    ):
        # Each byte arrives long before a timeout of a single read.
        assert _seconds_until_closed(clients[0]) < 4


def test_rejects_connections_while_every_route_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang() -> Response:
        release.wait(20)
        return Response(200, "text/plain", b"")

    before = threading.active_count()
    monkeypatch.setattr(httpserver, "_CONNECTIONS", 2, raising=False)
    monkeypatch.setattr(httpserver, "_SLOT_SECONDS", 0.05, raising=False)
    with HttpServer(0, CollectorRegistry(), {"/hello": hang}) as server, ExitStack() as stack:
        stack.callback(release.set)
        for _ in range(6):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            stack.enter_context(client).sendall(b"GET /hello HTTP/1.0\r\n\r\n")
        client.recv(1)
        # The server's own thread and two of connections.
        assert threading.active_count() - before <= 3


def test_serves_ipv4_and_ipv6_by_default() -> None:
    with HttpServer(0, CollectorRegistry(), _ROUTES) as server:
        assert [_get(server.port, host) for host in ("127.0.0.1", "[::1]")] == [200, 200]


def test_serves_ipv4_where_ipv6_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_ipv6", False)
    with HttpServer(0, CollectorRegistry(), _ROUTES) as server:
        assert _get(server.port) == 200


@pytest.mark.parametrize(("host", "other"), [("127.0.0.1", "::1"), ("::1", "127.0.0.1")])
def test_listens_on_the_given_address_only(host: str, other: str) -> None:
    with HttpServer(0, CollectorRegistry(), _ROUTES, host=host) as server:
        with socket.create_connection((host, server.port), timeout=5):
            pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((other, server.port), timeout=5)
