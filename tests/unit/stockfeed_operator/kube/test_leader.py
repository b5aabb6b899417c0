import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from stockfeed_operator.kube.leader import TIMING, Election, LeaseLock, Timing
from support.inmemory.http import DRIP, Request, StubServer

Elect = Callable[..., Election]

_FAST: Final = Timing(lease=3, renew=2, retry=0.1, request=0.5)


class Leases:
    """A fake API server for one Lease, with optimistic locking."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.broken = False
        self.dripping = False

    def __call__(self, request: Request) -> tuple[int, Any]:
        if self.dripping:
            return DRIP, None
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


@pytest.fixture
def elect(server: StubServer) -> Iterator[Elect]:
    """Creates elections, and ends them after the test."""
    created: list[Election] = []

    def create(lock: LeaseLock, on_lost: Callable[[], None] = lambda: None) -> Election:
        created.append(Election(lock, on_lost))
        return created[-1]

    yield create
    for election in created:
        election.stop()


def _lock(server: StubServer, identity: str, timing: Timing = TIMING) -> LeaseLock:
    # As in production, urllib3's default retries are not turned off here.
    client = ApiClient(Configuration(host=server.url))
    return LeaseLock(client, "operator", "stockfeed", identity, timing)


def test_only_one_of_two_replicas_leads(server: StubServer, elect: Elect, leases: Leases) -> None:
    lost = threading.Event()
    first, second = elect(_lock(server, "a"), lost.set), elect(_lock(server, "b"), lost.set)
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


def test_acquires_a_lease_without_holder_immediately(
    server: StubServer, elect: Elect, leases: Leases
) -> None:
    election = elect(_lock(server, "a"))
    leases.lease = {"metadata": {"name": "operator", "resourceVersion": "0"}, "spec": {}}
    election.start()
    election.wait()
    assert leases.holder() == "a"


def test_write_fails_if_the_lease_has_changed(server: StubServer, leases: Leases) -> None:
    first, second = _lock(server, "a"), _lock(server, "b")
    first.write(None)
    with pytest.raises(ApiException):
        second.write(None)
    read = second.read()
    first.write(first.read())
    with pytest.raises(ApiException):
        second.write(read)
    assert leases.holder() == "a"


def test_acquire_time_changes_only_with_the_holder(server: StubServer, leases: Leases) -> None:
    lock = _lock(server, "a")
    lock.write(None)
    assert leases.lease is not None
    acquired = leases.lease["spec"]["acquireTime"]
    lock.write(lock.read())
    assert leases.lease["spec"]["acquireTime"] == acquired
    other = _lock(server, "b")
    other.write(other.read())
    assert leases.lease["spec"]["acquireTime"] > acquired


def test_failed_requests_raise(server: StubServer, leases: Leases) -> None:
    lock = _lock(server, "a")
    lock.write(None)
    read = lock.read()
    leases.broken = True
    with pytest.raises(ApiException):
        lock.read()
    with pytest.raises(ApiException):
        lock.write(read)
    with pytest.raises(ApiException):
        lock.write(None)
    assert not lock.release()


def test_raises_when_the_api_server_is_unreachable() -> None:
    with StubServer(lambda request: (200, {})) as gone:
        lock = _lock(gone, "a")
    with pytest.raises(HTTPError):
        lock.read()


def test_a_hanging_request_is_not_retried() -> None:
    ended = threading.Event()

    def hang(request: Request) -> tuple[int, Any]:
        ended.wait()
        return 500, {}

    with StubServer(hang) as stub:
        lock = _lock(stub, "a", _FAST)
        with pytest.raises(HTTPError):
            lock.read()
        ended.set()
        assert len(stub.requests) == 1


def test_times_leave_no_overlap() -> None:
    assert 2 * TIMING.request + TIMING.retry < TIMING.renew < TIMING.lease


@pytest.mark.parametrize("fault", ["broken", "dripping"])
def test_leader_ends_before_its_lease_can_be_taken(
    server: StubServer, elect: Elect, leases: Leases, fault: str
) -> None:
    lost = threading.Event()
    election = elect(_lock(server, "a", _FAST), lost.set)
    election.start()
    election.wait()
    setattr(leases, fault, True)
    cut = time.monotonic()
    assert lost.wait(30)
    assert time.monotonic() - cut < _FAST.lease


def test_leader_ends_when_another_holds_the_lease(
    server: StubServer, elect: Elect, leases: Leases
) -> None:
    lost = threading.Event()
    election = elect(_lock(server, "a"), lost.set)
    election.start()
    election.wait()
    other = _lock(server, "b")
    other.write(other.read())
    # Without waiting for the renew deadline, 10 s.
    assert lost.wait(8)


def test_standby_takes_a_lease_that_is_not_renewed(
    server: StubServer, elect: Elect, leases: Leases
) -> None:
    _lock(server, "a", _FAST).write(None)
    began = time.monotonic()
    election = elect(_lock(server, "b", _FAST))
    election.start()
    election.wait()
    assert time.monotonic() - began >= _FAST.lease
    assert leases.holder() == "b"


def test_stop_releases_the_lease(server: StubServer, elect: Elect, leases: Leases) -> None:
    lost = threading.Event()
    first, second = elect(_lock(server, "a"), lost.set), elect(_lock(server, "b"), lost.set)
    first.start()
    first.wait()
    first.stop()
    assert not leases.holder()
    second.start()
    second.wait()
    assert leases.holder() == "b"
    assert not lost.is_set()


def test_release_leaves_the_lease_of_another(server: StubServer, leases: Leases) -> None:
    _lock(server, "a").write(None)
    assert not _lock(server, "b").release()
    assert leases.holder() == "a"


def test_calls_on_lost_when_the_election_fails() -> None:
    class Broken(LeaseLock):
        def read(self) -> Any:
            raise RuntimeError("broken")

    lost = threading.Event()
    with StubServer(lambda request: (200, {})) as stub:
        election = Election(
            Broken(ApiClient(Configuration(host=stub.url)), "o", "s", "a"), lost.set
        )
        threading.excepthook, before = lambda args: None, threading.excepthook
        try:
            election.start()
            assert lost.wait(30)
        finally:
            threading.excepthook = before
