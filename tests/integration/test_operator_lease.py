"""Two operator processes and one Lease: a leader that is cut off ends before the other leads."""

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from stockfeed_operator.settings import PREFIX
from support.inmemory.apiserver import ApiServer
from support.inmemory.cluster import InMemoryCluster
from support.inmemory.http import DRIP, Request, StubServer
from support.inmemory.process import free_port, operator, until

_LEASE = "stockfeed-operator"


class Link:
    """A replica's connection to the API server, which can be cut.

    Attributes:
        fault: what happens to requests from now on: `hang`, `refuse` or `drip`; None if they pass.
    """

    def __init__(self, server: ApiServer) -> None:
        self.fault: str | None = None
        self._server = server
        self._ended = threading.Event()

    def __call__(self, request: Request) -> tuple[int, Any]:
        response = self._server(request)
        if self.fault == "hang":
            self._ended.wait()
        if self.fault == "drip":
            return DRIP, None
        if self.fault == "refuse":
            return 503, {"code": 503, "message": "unavailable"}
        return response

    def end(self) -> None:
        """Lets all hanging requests return."""
        self._ended.set()


@contextmanager
def _replica(server: ApiServer, name: str, path: Path) -> Iterator[tuple[Link, Popen[bytes], Path]]:
    home = path / name
    home.mkdir()
    given = {
        "PIPELINE_IMAGE": "stockfeed/pipeline:1",
        "DBT_IMAGE": "stockfeed/dbt:1",
        "TASK_RESULTS_ROLE": "task-results",
        "LEASE_NAMESPACE": "stockfeed",
        "POD_NAME": name,
        "HTTP_PORT": str(free_port()),
    }
    settings = {PREFIX + key: value for key, value in given.items()}
    link = Link(server)
    with StubServer(link) as stub, operator(stub.url, home, settings) as process:
        yield link, process, home / "log"
        link.end()


@pytest.fixture
def server() -> ApiServer:
    return ApiServer(InMemoryCluster())


def _leads(log: Path) -> bool:
    return '"leading"' in log.read_text()


def _waits(log: Path) -> bool:
    return "waiting for the Lease" in log.read_text()


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_cut_off_leader_ends_before_the_standby_leads(
    server: ApiServer, tmp_path: Path, fault: str
) -> None:
    with _replica(server, "a", tmp_path) as (link, leader, leader_log):
        until(lambda: _leads(leader_log), "the first leader", leader_log)
        with _replica(server, "b", tmp_path) as (_, _, standby_log):
            until(lambda: _waits(standby_log), "the standby", standby_log)
            cut = time.monotonic()
            if fault == "hang":
                # Requests that hang from shortly before the deadline on take longest.
                link.fault = "refuse"
                time.sleep(7)
            link.fault = fault
            until(lambda: leader.poll() is not None or _leads(standby_log), "an end", leader_log)
            assert leader.poll() == 1, "the standby led while the leader still acted"
            ended = time.monotonic() - cut
            until(lambda: _leads(standby_log), "the takeover", standby_log)
            takeover = time.monotonic() - cut
            print(f"{fault}: leader ended after {ended:.1f} s, standby led after {takeover:.1f} s")
    assert "lost the Lease" in leader_log.read_text()


def test_standby_ends_at_once_on_sigterm(server: ApiServer, tmp_path: Path) -> None:
    with _replica(server, "a", tmp_path) as (_, _, leader_log):
        until(lambda: _leads(leader_log), "the leader", leader_log)
        with _replica(server, "b", tmp_path) as (_, standby, standby_log):
            until(lambda: _waits(standby_log), "the standby", standby_log)
            # Process 1 of a container ignores signals without a handler, so the default action
            # does not count: the process must end itself, with status 0.
            assert _catches(standby.pid, signal.SIGTERM)
            standby.send_signal(signal.SIGTERM)
            assert standby.wait(10) == 0
        assert server.leases[_LEASE]["spec"]["holderIdentity"] == "a"


def test_leader_releases_the_lease_on_sigterm(server: ApiServer, tmp_path: Path) -> None:
    with _replica(server, "a", tmp_path) as (_, leader, leader_log):
        until(lambda: _leads(leader_log), "the leader", leader_log)
        until(lambda: any(server.watches.values()), "the watches", leader_log)
        time.sleep(2)
        leader.send_signal(signal.SIGTERM)
        assert leader.wait(60) == 0
    spec = server.leases[_LEASE]["spec"]
    assert not spec.get("holderIdentity")
    with _replica(server, "b", tmp_path) as (_, _, log):
        until(lambda: _waits(log), "the next replica", log)
        began = time.monotonic()
        until(lambda: _leads(log), "the next leader", log)
        assert time.monotonic() - began < 8


def _catches(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    assert found
    return bool(int(found[1], 16) >> (number - 1) & 1)
