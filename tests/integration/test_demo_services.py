"""A dead service stops the demo, and the error shows its name and log."""

import threading
import time
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from stockfeed_local.demo.playback import Directories, Market, Playback
from stockfeed_local.demo.services import Services, running_services
from stockfeed_local.quotes.bars import read_bars
from stockfeed_local.quotes.intervals import INTERVALS
from stockfeed_local.quotes.tape import tape_of
from stockfeed_local.stack.service import ProcessService, ServiceError

BARS = """\
Ticker,Date,Open,High,Low,Close,Volume
AAA,2013-03-01,5,6,4,5,1
BBB,2013-03-01,5,6,4,5,1
"""


def _kill_when_polled(services: Services, name: str) -> None:
    """Kills a service as soon as the tape plays."""
    with httpx.Client(base_url=services.quotes.endpoint) as client:
        deadline = time.monotonic() + 300
        while client.get("/control/stats").json()["polled"] == 0:
            assert time.monotonic() < deadline, "nothing was polled within two minutes"
            time.sleep(0.05)
    processes = [service.process for service in services.all if isinstance(service, ProcessService)]
    [process] = [process for process in processes if process.name == name]
    process.kill()


@pytest.mark.parametrize("name", ["quotes", "kafka"])
def test_killed_service_raises_error_with_its_name_and_log(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS)
    interval = INTERVALS["1d"]
    bars = read_bars(path, interval)
    market = Market(bars, tape_of(bars, interval), "1d")
    flags = ["--controls", "--bars", str(path)]
    data, logs = tmp_path / "data", tmp_path / "logs"
    with running_services("mock", flags, data, logs) as services:
        directories = Directories(tmp_path, data, logs)
        playback = Playback(services, market, directories, Console())
        killer = threading.Thread(target=_kill_when_polled, args=(services, name))
        killer.start()
        with pytest.raises(ServiceError) as raised:
            playback.run()
        killer.join()
    message = str(raised.value)
    assert f"the service {name} ended with exit code -9 during the run" in message
    assert str(logs / f"{name}.log") in message
    assert Path(logs / f"{name}.log").exists()
