"""Leader election with a Lease: one replica reconciles, another takes over within seconds.

The Kubernetes client's own election is not used: it measures its deadline with the wall clock and
only between attempts, so an attempt that hangs lets a leader act long after its lease has expired.
"""

import copy
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from kubernetes.client import ApiClient, CoordinationV1Api, V1Lease, V1LeaseSpec, V1ObjectMeta
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timing:
    """The election's times, in seconds.

    Attributes:
        lease: a replica may take the Lease this long after it last saw the Lease change.
        renew: a leader ends this long after the start of its last successful renewal. It must be
            shorter than `lease`.
        retry: pause between two attempts.
        request: time limit of a request. An attempt makes two, so two must take less than `renew`.
    """

    lease: float = 15
    renew: float = 10
    retry: float = 2
    request: float = 3


TIMING: Final = Timing()


class LeaseLock:
    """Reads and writes the Lease.

    Args:
        client: configured with the API server's address and credentials.
        name: the Lease's name.
        namespace: the Lease's namespace.
        identity: this replica's name, unique among the replicas.
        timing: the election's times.
    """

    def __init__(
        self,
        client: ApiClient,
        name: str,
        namespace: str,
        identity: str,
        timing: Timing = TIMING,
    ) -> None:
        # By default urllib3 sends a failed request three more times, each with the full time limit.
        configuration = copy.deepcopy(client.configuration)
        configuration.retries = False
        self._api = CoordinationV1Api(ApiClient(configuration))
        self.name = name
        self.namespace = namespace
        self.identity = identity
        self.timing = timing

    def read(self) -> V1Lease | None:
        """Returns the Lease; None if there is none.

        Raises:
            ApiException, HTTPError: the request failed.
        """
        try:
            return self._api.read_namespaced_lease(
                self.name, self.namespace, _request_timeout=self.timing.request
            )
        except ApiException as error:
            if error.status == 404:
                return None
            raise

    def write(self, lease: V1Lease | None) -> None:
        """Makes this replica the holder, or renews the Lease.

        Args:
            lease: as last read; None creates the Lease.

        Raises:
            ApiException, HTTPError: the request failed, e.g. because the Lease has changed.
        """
        now = datetime.now(UTC)
        held = lease is not None and lease.spec.holder_identity == self.identity
        spec = V1LeaseSpec(
            holder_identity=self.identity,
            # The API server accepts only values above 0.
            lease_duration_seconds=max(1, round(self.timing.lease)),
            acquire_time=lease.spec.acquire_time if lease is not None and held else now,
            renew_time=now,
        )
        if lease is None:
            body = V1Lease(
                metadata=V1ObjectMeta(name=self.name, namespace=self.namespace), spec=spec
            )
            self._api.create_namespaced_lease(
                self.namespace, body, _request_timeout=self.timing.request
            )
            return
        self._replace(lease, spec)

    def release(self) -> bool:
        """Removes this replica as the holder, so that another leads at once.

        Returns:
            whether the Lease was released. If not, others wait until it expires.
        """
        try:
            lease = self.read()
            if lease is None or lease.spec.holder_identity != self.identity:
                return False
            # As client-go does on release: no holder, and the shortest duration that is valid.
            self._replace(lease, V1LeaseSpec(lease_duration_seconds=1))
        except (ApiException, HTTPError) as error:
            _log.info("lease not released", lease=self.name, error=str(error))
            return False
        return True

    def _replace(self, lease: V1Lease, spec: V1LeaseSpec) -> None:
        # The metadata has the resourceVersion that was read, so a concurrent change causes a 409.
        lease.spec = spec
        self._api.replace_namespaced_lease(
            self.name, self.namespace, lease, _request_timeout=self.timing.request
        )


class Election:
    """Acquires the Lease in a background thread and keeps renewing it.

    A second thread watches the deadline, because a request can take longer than its time limit:
    that limits each read from the socket, not the sum. All times are from the monotonic clock.

    Args:
        lock: the Lease.
        on_lost: called in a background thread once the Lease is lost, or cannot be renewed in time,
            or the election fails. It must end the process.
    """

    def __init__(self, lock: LeaseLock, on_lost: Callable[[], None]) -> None:
        self._lock = lock
        self._timing = lock.timing
        self._on_lost = on_lost
        self._acquired = threading.Event()
        self._stopped = threading.Event()
        self._renewed_at = 0.0
        self._seen: tuple[str | None, str | None] | None = None
        self._seen_at = 0.0
        self._thread = threading.Thread(target=self._run, name="election", daemon=True)
        self._watchdog = threading.Thread(target=self._watch, name="lease", daemon=True)

    def start(self) -> None:
        """Starts the election threads."""
        self._thread.start()
        self._watchdog.start()

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

    def stop(self) -> None:
        """Ends the election and releases the Lease if this replica holds it.

        To be called only after the last action as the leader.
        """
        self._stopped.set()
        if not self.leads:
            return
        self._thread.join(2 * self._timing.request)
        # A renewal that is still under way could take back a released Lease.
        if not self._thread.is_alive() and self._lock.release():
            _log.info("released the Lease", lease=self._lock.name)

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                if not self._attempt():
                    return
                self._stopped.wait(self._timing.retry)
        finally:
            if not self._stopped.is_set():
                self._on_lost()

    def _attempt(self) -> bool:
        """Acquires or renews the Lease if possible; returns False once it has been lost."""
        started = time.monotonic()
        try:
            lease = self._lock.read()
            if lease is not None and not self._may_write(lease):
                return not self.leads
            self._lock.write(lease)
        except (ApiException, HTTPError) as error:
            _log.info("lease not written", lease=self._lock.name, error=str(error))
            return True
        # The start counts: other replicas cannot have seen this renewal before it was sent.
        self._renewed_at = started
        self._acquired.set()
        return True

    def _may_write(self, lease: V1Lease) -> bool:
        holder = lease.spec.holder_identity
        if not holder or holder == self._lock.identity:
            return True
        # Any change starts the wait again; the clocks of two replicas are never compared.
        seen = holder, lease.metadata.resource_version
        now = time.monotonic()
        if seen != self._seen:
            self._seen, self._seen_at = seen, now
        return not self.leads and now - self._seen_at > self._timing.lease

    def _watch(self) -> None:
        self._acquired.wait()
        while (left := self._renewed_at + self._timing.renew - time.monotonic()) > 0:
            if self._stopped.wait(left):
                return
        if not self._stopped.is_set():
            self._on_lost()
