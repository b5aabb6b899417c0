"""The HTTP server of a role: probes and metrics, on a thread of its own."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from stockfeed.contract import endpoints, env
from stockfeed.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What an endpoint says: 200 when `ok`, else 503, with a JSON body."""

    ok: bool
    body: dict[str, object]


Check = Callable[[], CheckResult]


class HealthServer:
    """Serves `/metrics`, the given checks, and `/status` with all of them, until closed.

    Args:
        port: 0 takes a free one; see `port` afterwards.
        registry: the metrics to show.
        checks: a check per path, called from the server's threads.

    Raises:
        ConfigurationError: the port is taken or not allowed.
    """

    def __init__(self, port: int, registry: CollectorRegistry, checks: dict[str, Check]) -> None:
        # Each counter would bring a second series, which Prometheus does not need.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it out
        try:
            self._server = ThreadingHTTPServer(("", port), _handler(registry, checks))
        except OSError as error:
            raise ConfigurationError(f"{env.HTTP_PORT}: port {port}: {error.strerror}") from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(registry: CollectorRegistry, checks: dict[str, Check]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == endpoints.METRICS:
                self._send(200, CONTENT_TYPE_LATEST, generate_latest(registry))
            elif path == endpoints.STATUS:
                self._send_json(200, {name: check().body for name, check in checks.items()})
            elif path in checks:
                answer = checks[path]()
                self._send_json(200 if answer.ok else 503, answer.body)
            else:
                self._send(404, "text/plain", b"not found\n")

        def _send_json(self, status: int, body: object) -> None:
            self._send(status, "application/json", json.dumps(body).encode())

        def _send(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Probes come every few seconds; they are not news."""

    return Handler
