import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import ApiClient, Configuration

from stockfeed_operator.kube.leader import Election, LeaseLock
from support.inmemory.http import Request, StubServer


class Leases:
    """The API server's part: one Lease, with optimistic locking."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.broken = False

    def __call__(self, request: Request) -> tuple[int, Any]:
        if self.broken:
            return 500, {"code": 500, "message": "broken"}
        if request.method == "GET":
            return (404, {"code": 404}) if self.lease is None else (200, self.lease)
        held = None if self.lease is None else self.lease["metadata"]["resourceVersion"]
        if request.body["metadata"].get("resourceVersion") != held:
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


def test_one_of_two_replicas_leads(server: StubServer, leases: Leases) -> None:
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


def test_a_lease_that_nobody_holds_is_taken_at_once(server: StubServer, leases: Leases) -> None:
    election = Election(_lock(server, "a"), lambda: None)
    leases.lease = {"metadata": {"name": "operator", "resourceVersion": "0"}, "spec": {}}
    election.start()
    election.wait()
    assert leases.holder() == "a"


def test_an_update_of_a_changed_lease_fails(server: StubServer, leases: Leases) -> None:
    mine, theirs = _lock(server, "a"), _lock(server, "b")
    assert mine.create("operator", "stockfeed", _record("a"))
    assert not theirs.create("operator", "stockfeed", _record("b"))
    assert theirs.get("operator", "stockfeed")[0]
    assert mine.update("operator", "stockfeed", _record("a"))
    assert not theirs.update("operator", "stockfeed", _record("b"))
    assert leases.holder() == "a"


def test_the_acquire_time_stays_while_the_holder_does(server: StubServer, leases: Leases) -> None:
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


def test_an_api_server_in_trouble_is_no_lease(server: StubServer, leases: Leases) -> None:
    leases.broken = True
    lock = _lock(server, "a")
    found, refusal = lock.get("operator", "stockfeed")
    assert not found
    assert '"code": 500' in refusal.body
    assert not lock.update("operator", "stockfeed", _record("a"))
    assert not lock.create("operator", "stockfeed", _record("a"))


def test_a_server_that_is_gone_is_no_lease(server: StubServer) -> None:
    with StubServer(lambda request: (200, {})) as gone:
        lock = _lock(gone, "a")
    found, refusal = lock.get("operator", "stockfeed")
    assert not found
    assert '"code": 0' in refusal.body


def test_an_election_that_breaks_counts_as_lost() -> None:
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
