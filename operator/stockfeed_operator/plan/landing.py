"""Whether a group's consumers have landed everything, from what each of them says."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from stockfeed_operator.kube.api import Cluster, Drained
from stockfeed_operator.manifests.metadata import CONSUMER, PRODUCER
from stockfeed_operator.plan.drain import Landing
from stockfeed_operator.plan.observe import Observed, replicas, still_runs
from stockfeed_operator.spec.feed import StockFeed


def ask(
    cluster: Cluster, feed: StockFeed, seen: Observed, groups: Iterable[str], now: datetime
) -> dict[str, Landing]:
    """What the consumers of each stopping group say; groups that still publish are not asked.

    Args:
        cluster: the cluster.
        feed: the feed.
        seen: what the cluster shows.
        groups: names of the groups that are to stop.
        now: the time.
    """
    # Of a topic from elsewhere the number of partitions is not known.
    partitions = feed.spec.kafka.partitions if feed.spec.kafka.cluster else 1
    return {
        group: _landing(cluster, seen, group, partitions)
        for group in groups
        if not publishing(seen, group, now) and replicas(seen.deployment(CONSUMER, group)) > 0
    }


def publishing(seen: Observed, group: str, now: datetime) -> int:
    """How many producer pods of the group may still publish."""
    running = [pod for pod in seen.pods_of(PRODUCER, group) if still_runs(pod, now)]
    return max(len(running), replicas(seen.deployment(PRODUCER, group)))


def _landing(cluster: Cluster, seen: Observed, group: str, partitions: int) -> Landing:
    pods = seen.pods_of(CONSUMER, group)
    answers = {pod["metadata"]["name"]: cluster.drained(pod) for pod in pods}
    return judge(answers, partitions)


def judge(answers: Mapping[str, Drained | None], partitions: int) -> Landing:
    """What the answers say together.

    Args:
        answers: by pod; None where a pod did not answer.
        partitions: how many the topic has; each must have an owner.
    """
    if not answers:
        return Landing(drained=False, left="no consumer runs, so nobody knows what is left")
    silent = sorted(pod for pod, answer in answers.items() if answer is None)
    if silent:
        return Landing(drained=False, left=f"no answer from {', '.join(silent)}")
    spoken = [answer for answer in answers.values() if answer is not None]
    missing = set(range(partitions)) - {part for one in spoken for part in one.partitions}
    if missing:
        listed = ", ".join(map(str, sorted(missing)))
        return Landing(drained=False, left=f"no consumer owns partition {listed}")
    lag, buffered = sum(one.lag for one in spoken), sum(one.buffered for one in spoken)
    return Landing(
        drained=all(one.drained for one in spoken),
        left=f"{lag} messages not landed, {buffered} of them buffered",
    )
