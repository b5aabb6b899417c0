"""Health checks of a role, served as JSON over HTTP."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from stockfeed.contract import endpoints, env
from stockfeed.errors import ConfigurationError
from stockfeed.httpserver import HttpServer, Response


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check: 200 if `ok`, else 503, with a JSON body."""

    ok: bool
    body: dict[str, object]


Check = Callable[[], CheckResult]
"""A health check; it must return quickly and be thread-safe."""


def health_server(
    port: int,
    registry: CollectorRegistry,
    checks: dict[str, Check],
    *,
    host: str = endpoints.ALL_INTERFACES,
) -> HttpServer:
    """Creates a server of `/metrics`, the given checks, and `/status` with all of them.

    Args:
        port: the port to listen on; 0 chooses a free one.
        registry: the metrics to expose.
        checks: a check for each path, called from the server's threads.
        host: the IP address to listen on; `::` listens on all interfaces, IPv4 and IPv6.

    Raises:
        ConfigurationError: the port is taken or not allowed, or the host is not this machine's.
    """
    routes = {path: _route(check) for path, check in checks.items()}
    routes[endpoints.STATUS] = lambda: _json(
        200, {path: check().body for path, check in checks.items()}
    )
    try:
        return HttpServer(port, registry, routes, host=host)
    except OSError as error:
        raise ConfigurationError(
            f"{env.HTTP_PORT}: port {port} of {host}: {error.strerror}"
        ) from error


def _route(check: Check) -> Callable[[], Response]:
    def respond() -> Response:
        result = check()
        return _json(200 if result.ok else 503, result.body)

    return respond


def _json(status: int, body: object) -> Response:
    return Response(status, "application/json", json.dumps(body).encode())
