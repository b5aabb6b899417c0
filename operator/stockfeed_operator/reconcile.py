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
from stockfeed_operator.plan.drain_status import query_drain_statuses
from stockfeed_operator.plan.observe import Observed, observe
from stockfeed_operator.plan.plan import Plan, intent_of, make_plan
from stockfeed_operator.spec.conditions import READY
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.feed_status import StockFeedStatus
from stockfeed_operator.spec.validate import InvalidFeedError
from stockfeed_operator.status.report import (
    add_finalizer,
    finalizer_removed,
    record_repair,
    remove_finalizer,
    write_status,
)
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
        requeue_after: maximum wait before the next reconcile; None means the resync interval.
        schedule: when the feed's loads start; None when that is not known.
    """

    result: str
    status: StockFeedStatus | None = None
    requeue_after: timedelta | None = None
    schedule: str | None = None


GONE: Final = Outcome("gone")


def _reject(
    cluster: Cluster, observed: Observed, error: InvalidFeedError, now: datetime
) -> Outcome:
    """Says what is wrong with the feed and touches nothing; lets it go when it is deleted."""
    status = invalid_status(observed, error, now)
    write_status(cluster, observed, status)
    if observed.deleting:
        remove_finalizer(cluster, observed)
    return Outcome("invalid", status)


def _pause(cluster: Cluster, observed: Observed, feed: StockFeed, now: datetime) -> Outcome:
    """Says that a person has paused the feed, and touches nothing."""
    status = paused_status(observed, now)
    write_status(cluster, observed, status)
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
        requeue_after=_requeue_after(plan, status, now),
        schedule=feed.spec.warehouse.schedule,
    )


def _requeue_after(plan: Plan, status: StockFeedStatus, now: datetime) -> timedelta | None:
    if any(stop.waiting for stop in plan.groups.values()):
        return _DRAINING
    if plan.stage is Stage.LOADING:
        return _LOADING
    ready = any(said.type == READY and said.status == "True" for said in status.conditions)
    change = None if plan.next_change_at is None else plan.next_change_at - now
    if ready:
        return change
    return _NOT_READY if change is None else min(change, _NOT_READY)


def reconcile(
    cluster: Cluster,
    installation: Installation,
    namespace: str,
    name: str,
    now: datetime,
    on_repair: Callable[[Key], None],
) -> Outcome:
    """Takes the feed one step closer to what its spec asks for.

    Args:
        cluster: where the feed lives.
        installation: what the operator gives to every feed.
        namespace: the feed's namespace.
        name: the feed's name.
        now: the time.
        on_repair: told of each object that was put back after somebody else had changed it.

    Raises:
        ClusterError: the cluster does not answer, or refuses; look again later.
    """
    now = now.replace(microsecond=0)  # as Kubernetes keeps times
    observed = observe(cluster, namespace, name)
    if observed is None or finalizer_removed(observed):
        return GONE
    if isinstance(observed.feed, InvalidFeedError):
        return _reject(cluster, observed, observed.feed, now)
    if observed.paused:
        return _pause(cluster, observed, observed.feed, now)
    feed = observed.feed
    add_finalizer(cluster, observed)

    intent = intent_of(feed, observed, now)
    drain_statuses = query_drain_statuses(cluster, feed, observed, intent.stopping, now)
    plan = make_plan(feed, observed, intent, drain_statuses, now)
    wanted = desired(feed, plan, installation, autoscaled_groups(feed, observed))

    def repaired(key: Key) -> None:
        on_repair(key)
        record_repair(cluster, observed, key)

    applied = apply(cluster, observed, wanted, repaired)
    status = status_of(feed, observed, plan, applied.problems, now)
    reported = write_status(cluster, observed, status)
    # Only now: what is deleted can no longer be asked, so the status must know its answer.
    pruned = prune(cluster, observed, wanted)
    if plan.finished:
        remove_finalizer(cluster, observed)
    return outcome_of(feed, plan, status, applied, now, changed=reported or bool(pruned))
