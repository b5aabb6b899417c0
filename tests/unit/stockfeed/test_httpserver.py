import urllib3
from prometheus_client import CollectorRegistry, Counter

from stockfeed.httpserver import HttpServer, Response


def test_serves_routes_and_ignores_the_query() -> None:
    routes = {"/hello": lambda: Response(418, "text/plain", b"short and stout")}
    with HttpServer(0, CollectorRegistry(), routes) as server:
        response = urllib3.request("GET", f"http://127.0.0.1:{server.port}/hello?verbose")
    assert (response.status, response.data) == (418, b"short and stout")
    assert response.headers["Content-Type"] == "text/plain"


def test_serves_metrics_in_the_text_format() -> None:
    registry = CollectorRegistry()
    Counter("stockfeed_polls", "Polls.", registry=registry).inc(7)
    with HttpServer(0, registry, {}) as server:
        response = urllib3.request("GET", f"http://127.0.0.1:{server.port}/metrics")
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    assert b"stockfeed_polls_total 7.0" in response.data
    assert b"stockfeed_polls_created" not in response.data


def test_unknown_path_returns_404() -> None:
    with HttpServer(0, CollectorRegistry(), {}) as server:
        assert urllib3.request("GET", f"http://127.0.0.1:{server.port}/drained").status == 404


def test_frees_its_port_when_closed() -> None:
    with HttpServer(0, CollectorRegistry(), {}) as server:
        port = server.port
    with HttpServer(port, CollectorRegistry(), {}) as again:
        assert again.port == port
