"""What a reconcile writes on the feed itself: its finalizer, its status, Events about it."""

from datetime import datetime

from stockfeed_operator.api import Cluster, Notice
from stockfeed_operator.kinds import FEED, Key
from stockfeed_operator.news import news
from stockfeed_operator.observe import FINALIZER, Observed
from stockfeed_operator.outcome import Outcome
from stockfeed_operator.spec import StockFeed
from stockfeed_operator.spec_status import StockFeedStatus
from stockfeed_operator.status import invalid_status, paused_status
from stockfeed_operator.validate import InvalidFeedError


def report(cluster: Cluster, seen: Observed, status: StockFeedStatus) -> bool:
    """Writes the status if it differs from the one before, then Events on what changed.

    Returns:
        whether anything was written.
    """
    if status == seen.status:
        return False
    wanted = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    cluster.set_status(seen.resource, wanted)
    for notice in news(seen.status.conditions, status.conditions):
        cluster.emit(seen.resource, notice)
    return True


def tell_repair(cluster: Cluster, seen: Observed, key: Key) -> None:
    """Says what was put back, so that whoever changed it learns who undid that."""
    text = f"{key.kind} {key.name} was changed or deleted by somebody else, and is put back"
    cluster.emit(seen.resource, Notice("Normal", "DriftRepaired", text))


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


def hold(cluster: Cluster, seen: Observed) -> None:
    """Keeps a deletion of the feed from passing by its ordered stop."""
    if not seen.deleting and FINALIZER not in seen.finalizers:
        cluster.set_finalizers(seen.resource, (*seen.finalizers, FINALIZER))


def release(cluster: Cluster, seen: Observed) -> None:
    """Lets a deleted feed go; garbage collection takes what it owns."""
    metadata = seen.resource["metadata"]
    live = cluster.get(FEED, metadata["namespace"], metadata["name"])  # its status was just written
    if live is not None:
        finalizers = live["metadata"].get("finalizers") or ()
        cluster.set_finalizers(live, [held for held in finalizers if held != FINALIZER])


def is_released(seen: Observed) -> bool:
    """Whether the feed is deleted and waits for somebody else only."""
    return seen.deleting and FINALIZER not in seen.finalizers
