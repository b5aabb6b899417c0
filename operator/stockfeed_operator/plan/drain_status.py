"""Whether a group's consumers have landed everything, from what each of them says."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from stockfeed_operator.kube.api import Cluster, DrainStatus
from stockfeed_operator.manifests.metadata import CONSUMER, PRODUCER
from stockfeed_operator.plan.drain import GroupDrainStatus
from stockfeed_operator.plan.observe import Observed, may_be_running, replicas
from stockfeed_operator.spec.feed import StockFeed


def query_drain_statuses(
    cluster: Cluster, feed: StockFeed, observed: Observed, groups: Iterable[str], now: datetime
) -> dict[str, GroupDrainStatus]:
    """What the consumers of each stopping group say; groups that still publish are not asked.

    Args:
        cluster: the cluster.
        feed: the feed.
        observed: what the cluster shows.
        groups: names of the groups that are to stop.
        now: the time.
    """
    # Of a topic from elsewhere the number of partitions is not known.
    partitions = feed.spec.kafka.partitions if feed.spec.kafka.cluster else 1
    return {
        group: _group_drain_status(cluster, observed, group, partitions)
        for group in groups
        if not publishing_pods(observed, group, now)
        and replicas(observed.deployment(CONSUMER, group)) > 0
    }


def publishing_pods(observed: Observed, group: str, now: datetime) -> int:
    """How many producer pods of the group may still publish."""
    running = [pod for pod in observed.pods_of(PRODUCER, group) if may_be_running(pod, now)]
    return max(len(running), replicas(observed.deployment(PRODUCER, group)))


def _group_drain_status(
    cluster: Cluster, observed: Observed, group: str, partitions: int
) -> GroupDrainStatus:
    pods = observed.pods_of(CONSUMER, group)
    answers = {pod["metadata"]["name"]: cluster.drain_status(pod) for pod in pods}
    return combine_statuses(answers, partitions)


def combine_statuses(
    answers: Mapping[str, DrainStatus | None], partitions: int
) -> GroupDrainStatus:
    """What the answers say together.

    Args:
        answers: by pod; None where a pod did not answer.
        partitions: how many the topic has; each must have an owner.
    """
    if not answers:
        return GroupDrainStatus(
            drained=False, left="no consumer runs, so nobody knows what is left"
        )
    silent = sorted(pod for pod, answer in answers.items() if answer is None)
    if silent:
        return GroupDrainStatus(drained=False, left=f"no answer from {', '.join(silent)}")
    spoken = [answer for answer in answers.values() if answer is not None]
    missing = set(range(partitions)) - {part for one in spoken for part in one.partitions}
    if missing:
        listed = ", ".join(map(str, sorted(missing)))
        return GroupDrainStatus(drained=False, left=f"no consumer owns partition {listed}")
    lag, buffered = sum(one.lag for one in spoken), sum(one.buffered for one in spoken)
    return GroupDrainStatus(
        drained=all(one.drained for one in spoken),
        left=f"{lag} messages not landed, {buffered} of them buffered",
    )
