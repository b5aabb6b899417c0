"""Queries consumer pods to find out whether their group has landed everything."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from stockfeed_operator.kube.api import Cluster, DrainStatus
from stockfeed_operator.manifests.metadata import CONSUMER
from stockfeed_operator.plan.drain import GroupDrainStatus
from stockfeed_operator.plan.observe import Observed, replicas
from stockfeed_operator.spec.feed import StockFeed


def query_drain_statuses(
    cluster: Cluster, feed: StockFeed, observed: Observed, groups: Iterable[str], now: datetime
) -> dict[str, GroupDrainStatus]:
    """Returns the drain status of each stopping group, by name.

    Groups that are still publishing or have no consumers are omitted.

    Args:
        cluster: the cluster to query.
        feed: the feed.
        observed: the feed's observed state.
        groups: names of the groups that are to stop.
        now: the current time.
    """
    # The partition count of a topic that the operator does not manage is unknown.
    partitions = feed.spec.kafka.partitions if feed.spec.kafka.cluster else 1
    return {
        group: _group_drain_status(cluster, observed, group, partitions)
        for group in groups
        if not observed.publishing_pods(group, now)
        and replicas(observed.deployment(CONSUMER, group)) > 0
    }


def _group_drain_status(
    cluster: Cluster, observed: Observed, group: str, partitions: int
) -> GroupDrainStatus:
    pods = observed.pods_of(CONSUMER, group)
    statuses = {pod["metadata"]["name"]: cluster.drain_status(pod) for pod in pods}
    return combine_statuses(statuses, partitions)


def combine_statuses(
    statuses: Mapping[str, DrainStatus | None], partitions: int
) -> GroupDrainStatus:
    """Combines the drain statuses of a group's consumers.

    Args:
        statuses: by pod name; None if the pod did not respond.
        partitions: the topic's partition count. The group is drained only if each partition is
            assigned to a consumer.
    """
    if not statuses:
        return GroupDrainStatus(
            drained=False, remaining="no consumer is running, so the remaining messages are unknown"
        )
    silent = sorted(pod for pod, status in statuses.items() if status is None)
    if silent:
        return GroupDrainStatus(drained=False, remaining=f"no response from {', '.join(silent)}")
    known = [status for status in statuses.values() if status is not None]
    missing = set(range(partitions)) - {part for status in known for part in status.partitions}
    if missing:
        listed = ", ".join(map(str, sorted(missing)))
        return GroupDrainStatus(
            drained=False, remaining=f"no consumer is assigned partition {listed}"
        )
    lag = sum(status.lag for status in known)
    buffered = sum(status.buffered for status in known)
    return GroupDrainStatus(
        drained=all(status.drained for status in known),
        remaining=f"{lag} messages not landed, {buffered} of them buffered",
    )
