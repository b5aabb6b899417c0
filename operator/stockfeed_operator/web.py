"""The operator's HTTP endpoints: probes and metrics, which a standby replica serves too."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry

from stockfeed.contract import endpoints
from stockfeed.httpserver import HttpServer, Response

Problem = Callable[[], str | None]
"""Returns what keeps the process from working, or None."""


def web_server(port: int, registry: CollectorRegistry, problem: Problem) -> HttpServer:
    """Creates the server of `/healthz`, `/readyz` and `/metrics`.

    Args:
        port: 0 takes a free one.
        registry: the metrics to expose.
        problem: called for each probe; Kubernetes restarts the container while it returns a text.

    Raises:
        OSError: the port is taken or not allowed.
    """

    def probe() -> Response:
        found = problem()
        return Response(200 if found is None else 503, "text/plain", f"{found or 'ok'}\n".encode())

    return HttpServer(port, registry, {endpoints.HEALTHZ: probe, endpoints.READYZ: probe})
