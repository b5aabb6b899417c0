import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import ApiClient, Configuration

from stockfeed_operator.kube.leader import Election, LeaseLock
from support.inmemory.http import Request, StubServer


class Leases:
    """A fake API server for one Lease, with optimistic locking."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.broken = False

    def __call__(self, request: Request) -> tuple[int, Any]:
        if self.broken:
            return 500, {"code": 500, "message": "broken"}
        if request.method == "GET":
            return (404, {"code": 404}) if self.lease is None else (200, self.lease)
        stored = None if self.lease is None else self.lease["metadata"]["resourceVersion"]
        if request.body["metadata"].get("resourceVersion") != stored:
            return 409, {"code": 409, "message": "changed"}
        self.version += 1
        self.lease = request.body
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        return 200, self.lease

    def holder(self) -> str | None:
        return None if self.lease is None else self.lease["spec"].get("holderIdentity")


@pytest.fixture
def leases() -> Leases:
    return Leases()


@pytest.fixture
def server(leases: Leases) -> Iterator[StubServer]:
    with StubServer(leases) as stub:
        yield stub


def _lock(server: StubServer, identity: str) -> LeaseLock:
    configuration = Configuration(host=server.url)
    configuration.retries = False
    return LeaseLock(ApiClient(configuration), "operator", "stockfeed", identity)


def test_only_one_of_two_replicas_leads(server: StubServer, leases: Leases) -> None:
    lost = threading.Event()
    first, second = Election(_lock(server, "a"), lost.set), Election(_lock(server, "b"), lost.set)
    first.start()
    first.wait()
    second.start()
    assert first.leads
    assert not second.leads
    assert second.alive
    assert leases.holder() == "a"
    assert leases.lease is not None
    spec = leases.lease["spec"]
    assert spec["leaseDurationSeconds"] == 15
    assert spec["acquireTime"] <= spec["renewTime"]
    assert not lost.is_set()


def test_acquires_a_lease_without_holder_immediately(server: StubServer, leases: Leases) -> None:
    election = Election(_lock(server, "a"), lambda: None)
    leases.lease = {"metadata": {"name": "operator", "resourceVersion": "0"}, "spec": {}}
    election.start()
    election.wait()
    assert leases.holder() == "a"


def test_update_fails_if_the_lease_has_changed(server: StubServer, leases: Leases) -> None:
    first, second = _lock(server, "a"), _lock(server, "b")
    assert first.create("operator", "stockfeed", _record("a"))
    assert not second.create("operator", "stockfeed", _record("b"))
    assert second.get("operator", "stockfeed")[0]
    assert first.update("operator", "stockfeed", _record("a"))
    assert not second.update("operator", "stockfeed", _record("b"))
    assert leases.holder() == "a"


def test_acquire_time_changes_only_with_the_holder(server: StubServer, leases: Leases) -> None:
    lock = _lock(server, "a")
    lock.create("operator", "stockfeed", _record("a"))
    assert leases.lease is not None
    acquired = leases.lease["spec"]["acquireTime"]
    lock.get("operator", "stockfeed")
    lock.update("operator", "stockfeed", _record("a"))
    assert leases.lease["spec"]["acquireTime"] == acquired
    other = _lock(server, "b")
    other.get("operator", "stockfeed")
    other.update("operator", "stockfeed", _record("b"))
    assert leases.lease["spec"]["acquireTime"] > acquired


def test_returns_the_error_of_a_failing_api_server(server: StubServer, leases: Leases) -> None:
    leases.broken = True
    lock = _lock(server, "a")
    found, error = lock.get("operator", "stockfeed")
    assert not found
    assert '"code": 500' in error.body
    assert not lock.update("operator", "stockfeed", _record("a"))
    assert not lock.create("operator", "stockfeed", _record("a"))


def test_returns_code_0_when_the_api_server_is_unreachable(server: StubServer) -> None:
    with StubServer(lambda request: (200, {})) as gone:
        lock = _lock(gone, "a")
    found, error = lock.get("operator", "stockfeed")
    assert not found
    assert '"code": 0' in error.body


def test_calls_on_lost_when_the_election_fails() -> None:
    class Broken(LeaseLock):
        def get(self, name: str, namespace: str) -> Any:
            raise RuntimeError("broken")

    lost = threading.Event()
    with StubServer(lambda request: (200, {})) as stub:
        configuration = Configuration(host=stub.url)
        election = Election(Broken(ApiClient(configuration), "o", "s", "a"), lost.set)
        threading.excepthook, before = lambda args: None, threading.excepthook
        try:
            election.start()
            assert lost.wait(30)
        finally:
            threading.excepthook = before


def _record(identity: str) -> Any:
    from kubernetes.leaderelection.leaderelectionrecord import (  # noqa: PLC0415
        LeaderElectionRecord,
    )

    return LeaderElectionRecord(identity, "15", "now", "now")
