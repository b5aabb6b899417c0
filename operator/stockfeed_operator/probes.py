"""The operator's HTTP endpoints and its health check; a standby replica serves them, too."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

from prometheus_client import CollectorRegistry

from stockfeed.contract import endpoints
from stockfeed.httpserver import HttpServer, Response

_STUCK_SECONDS: Final = 60.0

Problem = Callable[[], str | None]
"""Returns what keeps the process from working, or None."""


def web_server(
    port: int,
    registry: CollectorRegistry,
    problem: Problem,
    *,
    host: str = endpoints.ALL_INTERFACES,
) -> HttpServer:
    """Creates the server of `/healthz`, `/readyz` and `/metrics`.

    Args:
        port: 0 takes a free one.
        registry: the metrics to expose.
        problem: called for each probe; Kubernetes restarts the container while it returns a text.
        host: the IP address to listen on; `::` listens on all interfaces, IPv4 and IPv6.

    Raises:
        OSError: the port is taken or not allowed.
    """

    def probe() -> Response:
        found = problem()
        return Response(200 if found is None else 503, "text/plain", f"{found or 'ok'}\n".encode())

    routes = {endpoints.HEALTHZ: probe, endpoints.READYZ: probe}
    return HttpServer(port, registry, routes, host=host)


class Heartbeat:
    """Detects a blocked event loop: a task on the loop records the time every second."""

    def __init__(self) -> None:
        self._last = monotonic()

    async def run(self) -> None:
        """Records a beat every second until cancelled."""
        while True:
            self._last = monotonic()
            await asyncio.sleep(1.0)

    def problem(self) -> str | None:
        """Returns a message if the event loop has been blocked for a minute; otherwise None."""
        silent = monotonic() - self._last
        return f"event loop unresponsive for {silent:.0f} s" if silent > _STUCK_SECONDS else None
