"""The loader in loop mode."""

import signal
import time
from collections.abc import Callable
from typing import Any

import httpx

from stockfeed_local.stack.ports import free_ports


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except httpx.TransportError:
            """Not listening yet."""
        time.sleep(0.1)
    raise TimeoutError


def test_loop_loads_repeatedly_and_ends_on_sigterm(landing: Any, target: Any) -> None:
    [free_port] = free_ports(1)
    landing.land(landing.chain(), 0)
    looping = type(target)(
        {
            **target.environment,
            "STOCKFEED_LOAD_INTERVAL": "200ms",
            "STOCKFEED_HTTP_PORT": str(free_port),
        }
    )
    process = looping.process()
    base = f"http://127.0.0.1:{free_port}"
    try:
        wait_for(lambda: "stockfeed_rows_loaded_total 10.0" in httpx.get(f"{base}/metrics").text)
        landing.land(landing.chain(), 10)
        wait_for(lambda: "stockfeed_rows_loaded_total 20.0" in httpx.get(f"{base}/metrics").text)
        probes = [httpx.get(f"{base}{path}").status_code for path in ("/healthz", "/readyz")]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)

    assert probes == [200, 200]
    assert process.returncode == 0
    target.check(landing)
