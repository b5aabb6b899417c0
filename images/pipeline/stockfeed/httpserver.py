"""The HTTP server of every long-running process, the operator included: metrics and probes.

It imports nothing but `stockfeed.contract`, so that the operator may import it.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from stockfeed.contract import endpoints


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

    Args:
        port: the port to listen on; 0 chooses a free one, see the property `port`.
        registry: the metrics to expose.
        routes: a function for each path, without a query; called from one thread per request.

    Raises:
        OSError: the port is taken or not allowed.
    """

    def __init__(
        self, port: int, registry: CollectorRegistry, routes: Mapping[str, Callable[[], Response]]
    ) -> None:
        # By default each counter has a second series with its creation time, which nothing reads.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it out
        metrics = {
            endpoints.METRICS: lambda: Response(200, CONTENT_TYPE_LATEST, generate_latest(registry))
        }
        self._server = ThreadingHTTPServer(("", port), _handler({**routes, **metrics}))
        # A client that keeps its connection open must not keep the process from ending.
        self._server.daemon_threads = True
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


def _handler(routes: Mapping[str, Callable[[], Response]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
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
