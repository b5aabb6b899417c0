"""What a reconcile writes on the feed itself: its finalizer, its status, Events about it."""

from collections.abc import Sequence

from stockfeed_operator.kube.api import Cluster, Event
from stockfeed_operator.kube.kinds import FEED, Key
from stockfeed_operator.plan.observe import FINALIZER, Observed
from stockfeed_operator.spec.conditions import BAD_WHEN_TRUE, READY, STOPPED, Condition
from stockfeed_operator.spec.feed_status import StockFeedStatus


def write_status(cluster: Cluster, observed: Observed, status: StockFeedStatus) -> bool:
    """Writes the status if it differs from the one before, then Events on what changed.

    Returns:
        whether anything was written.
    """
    if status == observed.status:
        return False
    wanted = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    cluster.set_status(observed.resource, wanted)
    for event in condition_events(observed.status.conditions, status.conditions):
        cluster.record_event(observed.resource, event)
    return True


def record_repair(cluster: Cluster, observed: Observed, key: Key) -> None:
    """Says what was put back, so that whoever changed it learns who undid that."""
    text = f"{key.kind} {key.name} was changed or deleted by somebody else, and is put back"
    cluster.record_event(observed.resource, Event("Normal", "DriftRepaired", text))


def add_finalizer(cluster: Cluster, observed: Observed) -> None:
    """Keeps a deletion of the feed from passing by its ordered stop."""
    if not observed.deleting and FINALIZER not in observed.finalizers:
        cluster.set_finalizers(observed.resource, (*observed.finalizers, FINALIZER))


def remove_finalizer(cluster: Cluster, observed: Observed) -> None:
    """Lets a deleted feed go; garbage collection takes what it owns."""
    metadata = observed.resource["metadata"]
    live = cluster.get(FEED, metadata["namespace"], metadata["name"])  # its status was just written
    if live is not None:
        finalizers = live["metadata"].get("finalizers") or ()
        cluster.set_finalizers(live, [held for held in finalizers if held != FINALIZER])


def finalizer_removed(observed: Observed) -> bool:
    """Whether the feed is deleted and waits for somebody else only."""
    return observed.deleting and FINALIZER not in observed.finalizers


# How every feed begins.
_BEGINNING = frozenset({"TopicPending", "NotReady", "NoLoadYet"})


def condition_events(before: Sequence[Condition], after: Sequence[Condition]) -> list[Event]:
    """The Events about the way from one list of conditions to the next."""
    known = {condition.type: condition for condition in before}
    left = {condition.type for condition in after}
    told = [_told(known.get(condition.type), condition) for condition in after]
    over = [_over(condition) for condition in before if condition.type not in left]
    return [event for event in (*told, *over) if event is not None]


def _told(before: Condition | None, after: Condition) -> Event | None:
    bad = _is_bad(after)
    if before is None and after.type != STOPPED and (not bad or after.reason in _BEGINNING):
        return None  # a new feed is no news yet
    if before is not None and not _changed(before, after):
        return None
    return Event("Warning" if bad else "Normal", after.reason, f"{after.type}: {after.message}")


def _changed(before: Condition, after: Condition) -> bool:
    if after.type == READY:
        return before.status != after.status  # its parts tell the rest
    if after.type in BAD_WHEN_TRUE and before.message != after.message:
        return True
    return (before.status, before.reason) != (after.status, after.reason)


def _is_bad(condition: Condition) -> bool:
    if condition.type in BAD_WHEN_TRUE:
        return condition.status == "True"
    return condition.status == "False" and condition.type not in (READY, STOPPED)


def _over(condition: Condition) -> Event:
    return Event("Normal", f"{condition.type}Over", f"{condition.type} is over")
