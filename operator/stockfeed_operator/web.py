"""The operator's HTTP server: liveness, readiness and metrics, in the standby too."""

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, disable_created_metrics, make_wsgi_app

from stockfeed.contract import endpoints

Problem = Callable[[], str | None]
"""Says what is wrong; None when nothing is."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Probes come every few seconds; they are not news."""


class Web:
    """Serves until closed.

    Args:
        port: 0 takes a free one.
        registry: the metrics to show.
        healthz: what keeps the process from working; Kubernetes then restarts it.
    """

    def __init__(self, port: int, registry: CollectorRegistry, healthz: Problem) -> None:
        # Each counter would bring a second series, which Prometheus does not need.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it out
        app = _app(make_wsgi_app(registry), healthz)
        self._server = make_server("", port, app, _Server, _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_port)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _app(metrics: Callable[..., Iterable[bytes]], healthz: Problem) -> Callable[..., Any]:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == endpoints.METRICS:
            return metrics(environ, start_response)
        status, body = "404 Not Found", "not found"
        if path in (endpoints.HEALTHZ, endpoints.READYZ):
            problem = healthz()
            status, body = ("200 OK", "ok") if problem is None else ("503 Unhealthy", problem)
        start_response(status, [("Content-Type", "text/plain")])
        return [f"{body}\n".encode()]

    return app
