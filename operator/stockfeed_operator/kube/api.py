"""What the operator asks of a cluster; `cluster.py` does it, and tests do it in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from stockfeed_operator.kube.kinds import Kind, Manifest

FIELD_MANAGER: Final = "stockfeed-operator"
"""Owner of the fields that the operator applies; also the value of the managed-by label."""


@dataclass(frozen=True, slots=True)
class DrainStatus:
    """What one consumer says of itself: its answer to GET /drained.

    Attributes:
        drained: its lag is 0 and it holds nothing back.
        lag: messages in its partitions that are not landed.
        buffered: those of them that it has read.
        partitions: the partitions that it owns.
    """

    drained: bool
    lag: int
    buffered: int
    partitions: frozenset[int]


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes Event to be: news about a feed."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


class Cluster(Protocol):
    """A Kubernetes cluster.

    Every call may raise ClusterError; those that write may raise its subclasses.
    """

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """The object, or None."""

    def list(
        self, kind: Kind, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest] | None:
        """The objects with all of these labels; None when the cluster does not know the kind."""

    def apply(self, manifest: Manifest) -> Manifest:
        """Server-side apply, taking over fields that others set."""

    def delete(self, manifest: Manifest) -> None:
        """Deletes this very object, not a later one of its name; no error when it is gone."""

    def set_status(self, feed: Manifest, status: Manifest) -> None:
        """Replaces the operator's part of the feed's status; no error when the feed is gone."""

    def set_finalizers(self, feed: Manifest, finalizers: Sequence[str]) -> None:
        """Replaces the feed's finalizers; no error when the feed is gone."""

    def drain_status(self, pod: Manifest) -> DrainStatus | None:
        """What the consumer in the pod says; None when it does not answer."""

    def record_event(self, feed: Manifest, event: Event) -> None:
        """Tells the news as an Event about the feed; it is lost when that fails."""
