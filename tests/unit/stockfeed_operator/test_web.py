import urllib3
from prometheus_client import CollectorRegistry, Counter

from stockfeed_operator.web import web_server


def test_probes_and_metrics() -> None:
    registry, problems = CollectorRegistry(), [None, "the loop stands"]
    Counter("looks", "Looks.", registry=registry).inc()
    with web_server(0, registry, lambda: problems[0]) as web:
        url = f"http://127.0.0.1:{web.port}"
        for path in ("/healthz", "/readyz"):
            assert urllib3.request("GET", url + path).status == 200
        assert b"looks_total 1.0" in urllib3.request("GET", f"{url}/metrics").data
        assert urllib3.request("GET", f"{url}/elsewhere").status == 404
        problems.reverse()
        answer = urllib3.request("GET", f"{url}/healthz")
        assert (answer.status, answer.data) == (503, b"the loop stands\n")
