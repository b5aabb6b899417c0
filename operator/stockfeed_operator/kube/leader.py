"""Leader election by a Lease, so that one replica reconciles and another can take over in seconds.

The election itself is the Kubernetes client's own; it knows locks of another kind only, so the
Lease as its lock is here.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from kubernetes.client import ApiClient, CoordinationV1Api, V1Lease, V1LeaseSpec, V1ObjectMeta
from kubernetes.client.exceptions import ApiException
from kubernetes.leaderelection.electionconfig import Config
from kubernetes.leaderelection.leaderelection import LeaderElection
from kubernetes.leaderelection.leaderelectionrecord import LeaderElectionRecord
from urllib3.exceptions import HTTPError

_log = structlog.get_logger()

LEASE_SECONDS: Final = 15
_RENEW_SECONDS: Final = 10
_RETRY_SECONDS: Final = 2
# Several tries must fit into the time to renew.
_REQUEST_SECONDS: Final = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no Lease, in the form that the election asks for."""

    status: int
    reason: str

    @property
    def body(self) -> str:
        """The error as the API server's JSON."""
        return json.dumps({"code": self.status})


class LeaseLock:
    """A Lease as the election's lock.

    Args:
        client: knows the API server.
        name: the Lease's name.
        namespace: the Lease's namespace.
        identity: this replica's name.
    """

    def __init__(self, client: ApiClient, name: str, namespace: str, identity: str) -> None:
        self._api = CoordinationV1Api(client)
        self._lease: V1Lease | None = None
        self.name = name
        self.namespace = namespace
        self.identity = identity

    def get(self, name: str, namespace: str) -> tuple[bool, LeaderElectionRecord | Refusal]:
        """The record in the Lease, or why there is none."""
        try:
            self._lease = self._api.read_namespaced_lease(
                name, namespace, _request_timeout=_REQUEST_SECONDS
            )
        except ApiException as error:
            return False, Refusal(error.status, str(error.reason))
        except HTTPError as error:
            return False, Refusal(0, str(error))
        spec = self._lease.spec
        record = LeaderElectionRecord(
            spec.holder_identity,
            spec.lease_duration_seconds,
            _text(spec.acquire_time),
            _text(spec.renew_time),
        )
        return True, record

    def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        """Makes the Lease; False when somebody was faster."""
        body = V1Lease(
            metadata=V1ObjectMeta(name=name, namespace=namespace),
            spec=_spec(election_record, datetime.now(UTC)),
        )
        return self._try(
            lambda: self._api.create_namespaced_lease(
                namespace, body, _request_timeout=_REQUEST_SECONDS
            )
        )

    def update(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        """Writes the record into the Lease as it was read; False when it has changed since."""
        lease = self._lease
        if lease is None:
            return False
        same = lease.spec.holder_identity == self.identity
        now = datetime.now(UTC)
        lease.spec = _spec(election_record, lease.spec.acquire_time if same else now)
        return self._try(
            lambda: self._api.replace_namespaced_lease(
                name, namespace, lease, _request_timeout=_REQUEST_SECONDS
            )
        )

    def _try(self, write: Callable[[], Any]) -> bool:
        try:
            self._lease = write()
        except (ApiException, HTTPError) as error:
            _log.info("lease not written", lease=self.name, error=str(error))
            return False
        return True


def _spec(record: LeaderElectionRecord, acquired: datetime) -> V1LeaseSpec:
    return V1LeaseSpec(
        holder_identity=record.holder_identity,
        lease_duration_seconds=LEASE_SECONDS,
        acquire_time=acquired,
        renew_time=datetime.now(UTC),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


class Election:
    """Waits for the Lease in a thread of its own, and renews it as long as the process lives.

    Args:
        lock: the Lease.
        lost: called in the election's thread when the Lease is lost, or the election broke.
    """

    def __init__(self, lock: LeaseLock, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._won = threading.Event()
        config = Config(
            lock,
            lease_duration=LEASE_SECONDS,
            renew_deadline=_RENEW_SECONDS,
            retry_period=_RETRY_SECONDS,
            onstarted_leading=self._won.set,
            onstopped_leading=lambda: None,  # the run ends then, and that tells
        )
        self._thread = threading.Thread(target=self._run, args=(config,), daemon=True)

    def start(self) -> None:
        """Enters the election."""
        self._thread.start()

    @property
    def leads(self) -> bool:
        """Whether the Lease has been won."""
        return self._won.is_set()

    @property
    def alive(self) -> bool:
        """Whether the election goes on."""
        return self._thread.is_alive()

    def wait(self) -> None:
        """Returns once the Lease is won."""
        self._won.wait()

    def _run(self, config: Config) -> None:
        try:
            LeaderElection(config).run()
        finally:
            self._lost()
