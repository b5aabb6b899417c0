"""The operations that the operator needs from a cluster, and their data types.

`cluster.py` implements them against the Kubernetes API; tests have an in-memory implementation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from stockfeed_operator.kube.kinds import Kind, Manifest

FIELD_MANAGER: Final = "stockfeed-operator"
"""Field manager of the operator's server-side applies, and value of the managed-by label."""


@dataclass(frozen=True, slots=True)
class DrainStatus:
    """A consumer pod's response to `GET /drained`.

    Attributes:
        drained: its lag is 0 and its buffers are empty.
        lag: messages in its partitions that are not landed yet.
        buffered: the part of `lag` that it has read from Kafka already.
        partitions: the partitions assigned to it.
    """

    drained: bool
    lag: int
    buffered: int
    partitions: frozenset[int]


@dataclass(frozen=True, slots=True)
class Event:
    """The content of a Kubernetes Event about a feed."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


class Cluster(Protocol):
    """A Kubernetes cluster.

    Every method may raise ClusterError; those that write may also raise its subclasses.
    """

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """Returns the object, or None if it does not exist."""

    def list(
        self, kind: Kind, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest] | None:
        """Returns the objects that have all these labels; None if the kind's CRD is missing."""

    def apply(self, manifest: Manifest) -> Manifest:
        """Applies the manifest server-side, taking ownership of conflicting fields."""

    def delete(self, manifest: Manifest) -> None:
        """Deletes the object if it still has the manifest's uid.

        A missing object is not an error.
        """

    def set_status(self, feed: Manifest, status: Manifest) -> None:
        """Applies the feed's status; does nothing if the feed no longer exists."""

    def set_finalizers(self, feed: Manifest, finalizers: Sequence[str]) -> None:
        """Replaces the feed's finalizers; does nothing if the feed no longer exists.

        Raises:
            ConflictError: the feed has changed since it was read.
        """

    def drain_status(self, pod: Manifest) -> DrainStatus | None:
        """Asks a consumer pod for its drain status; None if it does not respond."""

    def record_event(self, feed: Manifest, event: Event) -> None:
        """Records an Event about the feed. Best effort: failures are logged, not raised."""
