"""The HTTP server of every long-running process, the operator included: metrics and probes.

It imports nothing but `stockfeed.contract`, so that the operator may import it.
"""

import errno
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from time import monotonic
from typing import Any, Final, Self

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from stockfeed.contract import endpoints

_CONNECTIONS: Final = 32
"""Maximum number of open connections, each of which holds a thread."""

_CONNECTION_SECONDS: Final = 10.0
"""Maximum age of a connection, from its start to the last byte of the response."""

_SLOT_SECONDS: Final = 1.0
"""How long a new connection waits for the thread of the one that is closed in its favour."""


@dataclass(frozen=True, slots=True)
class Response:
    """An endpoint's response to GET.

    Attributes:
        status: the HTTP status code.
        content_type: the body's media type.
        body: the complete body.
    """

    status: int
    content_type: str
    body: bytes


_NOT_FOUND = Response(404, "text/plain", b"not found\n")


class HttpServer:
    """Serves `/metrics` and the given endpoints on a thread during a `with` block.

    Connections are limited in number and age, because anyone who can reach the port may open them
    and send nothing. When the limit is reached, the oldest connection is closed, so that probes are
    still served.

    Args:
        port: the port to listen on; 0 chooses a free one, see the property `port`.
        registry: the metrics to expose.
        routes: a function for each path, without a query; called from one thread per request.
        host: the IP address to listen on; `::` listens on all interfaces, IPv4 and IPv6.

    Raises:
        OSError: the port is taken or not allowed.
    """

    def __init__(
        self,
        port: int,
        registry: CollectorRegistry,
        routes: Mapping[str, Callable[[], Response]],
        *,
        host: str = endpoints.ALL_INTERFACES,
    ) -> None:
        # By default each counter has a second series with its creation time, which nothing reads.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it out
        metrics = {
            endpoints.METRICS: lambda: Response(200, CONTENT_TYPE_LATEST, generate_latest(registry))
        }
        self._server = _listen(host, port, _handler({**routes, **metrics}))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    # A client that keeps its connection open must not keep the process from ending.
    daemon_threads = True
    # The default of 5 makes a probe's connection wait for a retransmission during a burst.
    request_queue_size = 64

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._slots = threading.BoundedSemaphore(_CONNECTIONS)
        self._lock = threading.Lock()
        self._started: dict[Any, float] = {}
        """Start of each open connection, oldest first."""
        super().__init__((host, port), handler)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            # Linux's default is a setting of the node: net.ipv6.bindv6only.
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # HTTPServer's own method also looks up the host's name in DNS, which may take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._slots.acquire(blocking=False):
            self._close_oldest()
            if not self._slots.acquire(timeout=_SLOT_SECONDS):
                self.shutdown_request(request)
                return
        with self._lock:
            self._started[request] = monotonic()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._release(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._release(request)

    def service_actions(self) -> None:
        """Closes connections that are too old; `serve_forever` calls it every 0.5 s."""
        limit = monotonic() - _CONNECTION_SECONDS
        with self._lock:
            old = [request for request, started in self._started.items() if started < limit]
        for request in old:
            _disconnect(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that disconnects is not an error of this process.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def _close_oldest(self) -> None:
        with self._lock:
            oldest = next(iter(self._started), None)
        if oldest is not None:
            _disconnect(oldest)

    def _release(self, request: Any) -> None:
        with self._lock:
            self._started.pop(request, None)
        self._slots.release()


def _listen(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> _Server:
    if host != endpoints.ALL_INTERFACES or socket.has_ipv6:
        try:
            return _Server(host, port, handler)
        except OSError as error:
            # Kernels without IPv6 (`ipv6.disable=1`) refuse the socket or the address.
            disabled = error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
            if host != endpoints.ALL_INTERFACES or not disabled:
                raise
    return _Server(endpoints.ALL_INTERFACES_IPV4, port, handler)


def _disconnect(request: socket.socket) -> None:
    # Shutting down wakes the thread that reads or writes; that thread then closes the socket.
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


def _handler(routes: Mapping[str, Callable[[], Response]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _CONNECTION_SECONDS

        def do_GET(self) -> None:
            route = routes.get(self.path.partition("?")[0])
            response = _NOT_FOUND if route is None else route()
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Logs nothing: probes come every few seconds."""

    return Handler
