"""One look at one feed: what is, what should be, and the step between.

Level-based: nothing is kept between two looks, so it does not matter which event led here, or
whether another process took the look before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stockfeed_operator.kube.api import Cluster
from stockfeed_operator.kube.kinds import Key
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.plan.apply import Applied, apply, prune
from stockfeed_operator.plan.desired import autoscaled_groups, desired
from stockfeed_operator.plan.drain import Stage
from stockfeed_operator.plan.landing import ask
from stockfeed_operator.plan.observe import Observed, observe
from stockfeed_operator.plan.plan import Plan, intent_of, make_plan
from stockfeed_operator.spec.conditions import READY
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.feed_status import StockFeedStatus
from stockfeed_operator.spec.validate import InvalidFeedError
from stockfeed_operator.status.report import hold, is_released, release, report, tell_repair
from stockfeed_operator.status.status import invalid_status, paused_status, status_of

# Consumers are asked, so no event tells when they are drained.
_DRAINING: Final = timedelta(seconds=5)
_LOADING: Final = timedelta(seconds=10)
# Pods are not watched: a cluster has too many of them.
_NOT_READY: Final = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reconcile came to.

    Attributes:
        result: `changed`, `steady`, `paused`, `invalid` or `gone`.
        status: the feed's status now; None when the feed is gone.
        again: how long to wait for an event before the next look; None for as long as usual.
        schedule: when the feed's loads start; None when that is not known.
    """

    result: str
    status: StockFeedStatus | None = None
    again: timedelta | None = None
    schedule: str | None = None


GONE: Final = Outcome("gone")


def refuse(cluster: Cluster, seen: Observed, error: InvalidFeedError, now: datetime) -> Outcome:
    """Says what is wrong with the feed and touches nothing; lets it go when it is deleted."""
    status = invalid_status(seen, error, now)
    report(cluster, seen, status)
    if seen.deleting:
        release(cluster, seen)
    return Outcome("invalid", status)


def stand_aside(cluster: Cluster, seen: Observed, feed: StockFeed, now: datetime) -> Outcome:
    """Says that a person has paused the feed, and touches nothing."""
    status = paused_status(seen, now)
    report(cluster, seen, status)
    return Outcome("paused", status, schedule=feed.spec.warehouse.schedule)


def outcome_of(
    feed: StockFeed,
    plan: Plan,
    status: StockFeedStatus,
    applied: Applied,
    now: datetime,
    *,
    changed: bool,
) -> Outcome:
    """The outcome of a reconcile that came to its end.

    Args:
        feed: the feed.
        plan: what was planned.
        status: what was reported.
        applied: what was written.
        now: the time.
        changed: whether something else than `applied` was written.
    """
    result = "changed" if changed or applied.written else "steady"
    return Outcome(
        result,
        status,
        again=_again(plan, status, now),
        schedule=feed.spec.warehouse.schedule,
    )


def _again(plan: Plan, status: StockFeedStatus, now: datetime) -> timedelta | None:
    if any(stop.waiting for stop in plan.groups.values()):
        return _DRAINING
    if plan.stage is Stage.LOADING:
        return _LOADING
    ready = any(said.type == READY and said.status == "True" for said in status.conditions)
    change = None if plan.next_change is None else plan.next_change - now
    if ready:
        return change
    return _NOT_READY if change is None else min(change, _NOT_READY)


def reconcile(
    cluster: Cluster,
    installation: Installation,
    namespace: str,
    name: str,
    now: datetime,
    count_repair: Callable[[Key], None],
) -> Outcome:
    """Takes the feed one step closer to what its spec asks for.

    Args:
        cluster: where the feed lives.
        installation: what the operator gives to every feed.
        namespace: the feed's namespace.
        name: the feed's name.
        now: the time.
        count_repair: told of each object that was put back after somebody else had changed it.

    Raises:
        ClusterError: the cluster does not answer, or refuses; look again later.
    """
    now = now.replace(microsecond=0)  # as Kubernetes keeps times
    seen = observe(cluster, namespace, name)
    if seen is None or is_released(seen):
        return GONE
    if isinstance(seen.feed, InvalidFeedError):
        return refuse(cluster, seen, seen.feed, now)
    if seen.paused:
        return stand_aside(cluster, seen, seen.feed, now)
    feed = seen.feed
    hold(cluster, seen)

    intent = intent_of(feed, seen, now)
    landings = ask(cluster, feed, seen, intent.stopping, now)
    plan = make_plan(feed, seen, intent, landings, now)
    wanted = desired(feed, plan, installation, autoscaled_groups(feed, seen))

    def repaired(key: Key) -> None:
        count_repair(key)
        tell_repair(cluster, seen, key)

    applied = apply(cluster, seen, wanted, repaired)
    status = status_of(feed, seen, plan, applied.problems, now)
    reported = report(cluster, seen, status)
    # Only now: what is deleted can no longer be asked, so the status must know its answer.
    pruned = prune(cluster, seen, wanted)
    if plan.finished:
        release(cluster, seen)
    return outcome_of(feed, plan, status, applied, now, changed=reported or bool(pruned))
