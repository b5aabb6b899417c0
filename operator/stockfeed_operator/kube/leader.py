"""Leader election with a Lease: one replica reconciles, another takes over within seconds.

The election algorithm is the Kubernetes client's. The client includes only a ConfigMap lock, so
this module adds a Lease lock.
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
# Short enough for several attempts before the renew deadline.
_REQUEST_SECONDS: Final = 3


@dataclass(frozen=True, slots=True)
class LeaseError:
    """A failed read of the Lease, in the form that the client's election code expects."""

    status: int
    reason: str

    @property
    def body(self) -> str:
        """The error as the JSON body of an API server response."""
        return json.dumps({"code": self.status})


class LeaseLock:
    """Implements the election's lock interface with a Lease.

    Args:
        client: configured with the API server's address and credentials.
        name: the Lease's name.
        namespace: the Lease's namespace.
        identity: this replica's name, unique among the replicas.
    """

    def __init__(self, client: ApiClient, name: str, namespace: str, identity: str) -> None:
        self._api = CoordinationV1Api(client)
        self._lease: V1Lease | None = None
        self.name = name
        self.namespace = namespace
        self.identity = identity

    def get(self, name: str, namespace: str) -> tuple[bool, LeaderElectionRecord | LeaseError]:
        """Reads the Lease: True with its record, or False with the error."""
        try:
            self._lease = self._api.read_namespaced_lease(
                name, namespace, _request_timeout=_REQUEST_SECONDS
            )
        except ApiException as error:
            return False, LeaseError(error.status, str(error.reason))
        except HTTPError as error:
            return False, LeaseError(0, str(error))
        spec = self._lease.spec
        record = LeaderElectionRecord(
            spec.holder_identity,
            spec.lease_duration_seconds,
            _text(spec.acquire_time),
            _text(spec.renew_time),
        )
        return True, record

    def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        """Creates the Lease; False if that fails, e.g. because another replica was faster."""
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
        """Writes the record to the Lease; False if the Lease has changed since `get` read it."""
        lease = self._lease
        if lease is None:
            return False
        renewed = lease.spec.holder_identity == self.identity
        now = datetime.now(UTC)
        lease.spec = _spec(election_record, lease.spec.acquire_time if renewed else now)
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
    """Acquires the Lease in a background thread and keeps renewing it.

    Args:
        lock: the Lease.
        on_lost: called in the election thread once the Lease is lost or the election fails.
    """

    def __init__(self, lock: LeaseLock, on_lost: Callable[[], None]) -> None:
        self._on_lost = on_lost
        self._acquired = threading.Event()
        config = Config(
            lock,
            lease_duration=LEASE_SECONDS,
            renew_deadline=_RENEW_SECONDS,
            retry_period=_RETRY_SECONDS,
            onstarted_leading=self._acquired.set,
            onstopped_leading=lambda: None,  # run() returns then, and `_run` calls on_lost
        )
        self._thread = threading.Thread(target=self._run, args=(config,), daemon=True)

    def start(self) -> None:
        """Starts the election thread."""
        self._thread.start()

    @property
    def leads(self) -> bool:
        """Whether the Lease has been acquired."""
        return self._acquired.is_set()

    @property
    def alive(self) -> bool:
        """Whether the election thread is running."""
        return self._thread.is_alive()

    def wait(self) -> None:
        """Blocks until the Lease is acquired."""
        self._acquired.wait()

    def _run(self, config: Config) -> None:
        try:
            LeaderElection(config).run()
        finally:
            self._on_lost()
