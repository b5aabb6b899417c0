import asyncio
import contextlib

import pytest
import urllib3
from prometheus_client import CollectorRegistry, Counter

from stockfeed_operator import probes
from stockfeed_operator.probes import Heartbeat, web_server


def test_serves_probes_and_metrics() -> None:
    registry, problems = CollectorRegistry(), [None, "event loop unresponsive"]
    Counter("calls", "Calls.", registry=registry).inc()
    with web_server(0, registry, lambda: problems[0]) as web:
        url = f"http://127.0.0.1:{web.port}"
        for path in ("/healthz", "/readyz"):
            assert urllib3.request("GET", url + path).status == 200
        assert b"calls_total 1.0" in urllib3.request("GET", f"{url}/metrics").data
        assert urllib3.request("GET", f"{url}/missing").status == 404
        problems.reverse()
        response = urllib3.request("GET", f"{url}/healthz")
        assert (response.status, response.data) == (503, b"event loop unresponsive\n")


def test_reports_a_blocked_event_loop_until_it_runs_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(probes, "monotonic", lambda: now[0])
    heartbeat = Heartbeat()
    now[0] += 59
    assert heartbeat.problem() is None
    now[0] += 2
    assert heartbeat.problem() == "event loop unresponsive for 61 s"

    async def beat_once() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(heartbeat.run(), 0.05)

    asyncio.run(beat_once())
    assert heartbeat.problem() is None
