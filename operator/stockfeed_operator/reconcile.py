"""One reconcile of one feed: observe, plan, apply, report.

It is level-based: each reconcile decides from the current state of the cluster alone. It does not
matter which event triggered it or which replica ran the previous one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stockfeed.contract.durations import parse_duration
from stockfeed.contract.times import parse_optional_rfc3339
from stockfeed_operator.kube.api import Cluster, Event
from stockfeed_operator.kube.errors import ClusterError, NamespaceTerminatingError
from stockfeed_operator.kube.kinds import Key
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.plan.apply import RECONCILE_FAILED, apply, prune
from stockfeed_operator.plan.desired import Desired, autoscaled_groups, desired
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
    record_interrupted_stop,
    record_repair,
    remove_finalizer,
    write_status,
)
from stockfeed_operator.status.status import invalid_status, paused_status, status_of

# Drain status is polled: a consumer that finishes draining causes no watch event.
_DRAINING: Final = timedelta(seconds=5)
# The end of the last load is a watch event. The poll notices one that never ends, or that could not
# be created, since the passing of its time limit causes no event.
_LOADING: Final = timedelta(seconds=10)
_SLACK: Final = timedelta(seconds=30)
# Pods are not watched, because a cluster may have very many of them.
_NOT_READY: Final = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a reconcile.

    Attributes:
        result: `changed`, `steady`, `paused`, `invalid` or `gone`.
        status: the feed's current status; None if the feed is gone.
        requeue_after: maximum wait before the next reconcile; None means the resync interval.
        schedule: the feed's load schedule; None if the feed is gone or invalid.
        failed: the write of an object failed and is to be tried again, less and less often.
    """

    result: str
    status: StockFeedStatus | None = None
    requeue_after: timedelta | None = None
    schedule: str | None = None
    failed: bool = False


GONE: Final = Outcome("gone")


def reconcile(
    cluster: Cluster,
    installation: Installation,
    namespace: str,
    name: str,
    now: datetime,
    on_repair: Callable[[Key], None],
) -> Outcome:
    """Takes the feed one step closer to its spec.

    Args:
        cluster: the cluster that the feed is in.
        installation: images and names that the chart sets.
        namespace: the feed's namespace.
        name: the feed's name.
        now: the current time.
        on_repair: called with the key of each object that another controller or user had changed
            or deleted, once it is restored.

    Raises:
        ClusterError: a request to the API server failed; reconcile again later.
    """
    now = now.replace(microsecond=0)  # Kubernetes stores times with whole seconds
    observed = observe(cluster, namespace, name)
    if observed is None or finalizer_removed(observed):
        return GONE
    if isinstance(observed.feed, InvalidFeedError):
        return _reject(cluster, observed, observed.feed, now)
    if observed.paused:
        return _pause(cluster, observed, observed.feed, now)
    return _advance(cluster, installation, observed, observed.feed, now, on_repair)


def _advance(
    cluster: Cluster,
    installation: Installation,
    observed: Observed,
    feed: StockFeed,
    now: datetime,
    on_repair: Callable[[Key], None],
) -> Outcome:
    # Before any object is created: a feed deleted right after this reconcile must stop in order.
    add_finalizer(cluster, observed)
    intent = intent_of(feed, observed, now)
    drain_statuses = query_drain_statuses(cluster, feed, observed, intent.stopping, now)
    plan = make_plan(feed, observed, intent, drain_statuses, now)
    wanted = desired(feed, plan, installation, autoscaled_groups(feed, observed))

    def repaired(key: Key) -> None:
        on_repair(key)
        record_repair(cluster, observed, key)

    try:
        applied = apply(cluster, observed, wanted, repaired)
    except NamespaceTerminatingError:
        # Deleted consumers cannot be replaced, nor the last load created: the stop cannot finish.
        record_interrupted_stop(cluster, observed)
        remove_finalizer(cluster, observed)
        return GONE
    status = status_of(feed, observed, plan, applied.problems, now)
    reported = write_status(cluster, observed, status)
    # After the status: once a removed group's consumers are pruned, they can no longer be queried,
    # so the status must already record that the group is drained.
    pruned = _prune(cluster, feed, observed, plan, wanted, now)
    # Last: without its finalizer the feed may vanish at once, and the operator is not asked again.
    if plan.finished:
        remove_finalizer(cluster, observed)
    changed = bool(applied.written or reported or pruned)
    return Outcome(
        "changed" if changed else "steady",
        status,
        requeue_after=_requeue_after(plan, status, now),
        schedule=feed.spec.warehouse.schedule,
        failed=any(problem.reason == RECONCILE_FAILED for problem in applied.problems),
    )


def _prune(
    cluster: Cluster,
    feed: StockFeed,
    observed: Observed,
    plan: Plan,
    wanted: Desired,
    now: datetime,
) -> tuple[Key, ...]:
    """Prunes objects; those of a deleted feed stay behind if they cannot be deleted in time."""
    try:
        return prune(cluster, observed, wanted)
    except ClusterError as error:
        if not plan.finished or now < _deletion_deadline(feed, now):
            raise
        text = f"objects of the feed stay behind because they could not be deleted: {error}"
        cluster.record_event(observed.resource, Event("Warning", "NotDeleted", text))
        return ()


def _deletion_deadline(feed: StockFeed, now: datetime) -> datetime:
    """Returns when a deletion ends at the latest: three timeouts and half a minute."""
    timeout = timedelta(seconds=parse_duration(feed.spec.drain_timeout))
    began = parse_optional_rfc3339(feed.metadata.deletion_timestamp) or now
    # Producers, consumers and the last load may take one timeout each, one after the other.
    return began + 3 * timeout + _SLACK


def _reject(
    cluster: Cluster, observed: Observed, error: InvalidFeedError, now: datetime
) -> Outcome:
    """Reports an invalid spec and changes nothing else, but lets a deleted feed go."""
    status = invalid_status(observed, error, now)
    write_status(cluster, observed, status)
    if observed.deleting:
        remove_finalizer(cluster, observed)
    return Outcome("invalid", status)


def _pause(cluster: Cluster, observed: Observed, feed: StockFeed, now: datetime) -> Outcome:
    """Reports that the feed is paused and changes nothing else."""
    status = paused_status(observed, now)
    write_status(cluster, observed, status)
    return Outcome("paused", status, schedule=feed.spec.warehouse.schedule)


def _requeue_after(plan: Plan, status: StockFeedStatus, now: datetime) -> timedelta | None:
    if any(stop.waiting for stop in plan.groups.values()):
        return _DRAINING
    if plan.stage is Stage.LOADING:
        return _LOADING
    ready = any(found.type == READY and found.status == "True" for found in status.conditions)
    change = None if plan.next_change_at is None else plan.next_change_at - now
    if ready:
        return change
    return _NOT_READY if change is None else min(change, _NOT_READY)
