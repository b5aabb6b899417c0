"""Writes the results of a reconcile to the feed: finalizer, status and Events."""

from collections.abc import Sequence

import structlog

from stockfeed_operator.kube.api import Cluster, Event
from stockfeed_operator.kube.kinds import FEED, Key
from stockfeed_operator.plan.observe import FINALIZER, Observed
from stockfeed_operator.spec.conditions import BAD_WHEN_TRUE, READY, STOPPED, Condition
from stockfeed_operator.spec.feed_status import StockFeedStatus

_log = structlog.get_logger()


def write_status(cluster: Cluster, observed: Observed, status: StockFeedStatus) -> bool:
    """Writes the status if it changed, then Events about changed conditions.

    Returns:
        whether anything was written.
    """
    # Each write of the status is a watch event that wakes the feed again, so an unconditional write
    # would never come to rest.
    if status == observed.status:
        return False
    wanted = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    cluster.set_status(observed.resource, wanted)
    for event in condition_events(observed.status.conditions, status.conditions):
        cluster.record_event(observed.resource, event)
    return True


def record_repair(cluster: Cluster, observed: Observed, key: Key) -> None:
    """Records an Event about a repaired object, to show who reverted the change."""
    text = f"{key.kind} {key.name} was changed or deleted by another client and has been restored"
    cluster.record_event(observed.resource, Event("Normal", "DriftRepaired", text))


def record_interrupted_stop(cluster: Cluster, observed: Observed) -> None:
    """Reports that the feed is released without an ordered stop.

    The log is the lasting record: a namespace that is being deleted refuses Events, too.
    """
    text = (
        "The namespace is being deleted, so the feed is released without an ordered stop: what"
        " consumers had not landed is still in Kafka, and the last load did not run"
    )
    metadata = observed.resource["metadata"]
    _log.warning(text, namespace=metadata["namespace"], feed=metadata["name"])
    cluster.record_event(observed.resource, Event("Warning", "StopInterrupted", text))


def add_finalizer(cluster: Cluster, observed: Observed) -> None:
    """Adds the finalizer, so that a deleted feed is drained before it disappears."""
    if not observed.deleting and FINALIZER not in observed.finalizers:
        cluster.set_finalizers(observed.resource, (*observed.finalizers, FINALIZER))


def remove_finalizer(cluster: Cluster, observed: Observed) -> None:
    """Removes the finalizer of a deleted feed; garbage collection deletes the objects it owns."""
    metadata = observed.resource["metadata"]
    # Read again, because the status was just written.
    live = cluster.get(FEED, metadata["namespace"], metadata["name"])
    if live is not None:
        finalizers = live["metadata"].get("finalizers") or ()
        cluster.set_finalizers(live, [name for name in finalizers if name != FINALIZER])


def finalizer_removed(observed: Observed) -> bool:
    """Returns whether the feed is deleted and only other finalizers are left."""
    return observed.deleting and FINALIZER not in observed.finalizers


# Reasons of conditions that every new feed has at first.
_INITIAL_REASONS = frozenset({"TopicPending", "NotReady", "NoLoadYet"})


def condition_events(before: Sequence[Condition], after: Sequence[Condition]) -> list[Event]:
    """Returns Events about the differences between two lists of conditions."""
    known = {condition.type: condition for condition in before}
    remaining = {condition.type for condition in after}
    changed = [_change_event(known.get(condition.type), condition) for condition in after]
    removed = [_removal_event(found) for found in before if found.type not in remaining]
    return [event for event in (*changed, *removed) if event is not None]


def _change_event(before: Condition | None, after: Condition) -> Event | None:
    bad = _is_bad(after)
    if before is None and after.type != STOPPED and (not bad or after.reason in _INITIAL_REASONS):
        return None  # normal for a new feed
    if before is not None and not _changed(before, after):
        return None
    return Event("Warning" if bad else "Normal", after.reason, f"{after.type}: {after.message}")


def _changed(before: Condition, after: Condition) -> bool:
    if after.type == READY:
        return before.status != after.status  # other conditions have the details
    if after.type in BAD_WHEN_TRUE and before.message != after.message:
        return True
    return (before.status, before.reason) != (after.status, after.reason)


def _is_bad(condition: Condition) -> bool:
    if condition.type in BAD_WHEN_TRUE:
        return condition.status == "True"
    return condition.status == "False" and condition.type not in (READY, STOPPED)


def _removal_event(condition: Condition) -> Event:
    return Event("Normal", f"{condition.type}Over", f"{condition.type} no longer applies")
