"""The ordered stop of a feed, as pure functions of the observed state.

The order is:

1. Producers stop.
2. Consumers keep running until they have landed everything, or `drainTimeout` passes.
3. One final load and build takes what they landed to the warehouse.
4. Consumers are scaled to zero, and a deleted feed loses its finalizer.

The operator keeps no state of its own: the feed's status records when a group began to drain, and
the final load's name identifies the stop that it belongs to. The operator can therefore restart
between any two steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# A consumer may report a lag that it measured up to 10 s ago (stockfeed.consumer.status), before
# the producer's last message. `drained` is therefore ignored until this much time has passed.
SETTLE_TIME: Final = timedelta(seconds=12)


class State(StrEnum):
    """A group's state, as shown in the feed's status."""

    RUNNING = "Running"
    DRAINING = "Draining"
    STOPPED = "Stopped"


class Stage(StrEnum):
    """A feed's progress through its stop."""

    RUNNING = "Running"
    DRAINING = "Draining"
    LOADING = "LastLoad"
    STOPPED = "Stopped"


class FinalLoad(StrEnum):
    """The state of a stop's final load.

    IMPOSSIBLE: it cannot be created, e.g. because Argo Workflows is not installed.
    """

    IMPOSSIBLE = "Impossible"
    ABSENT = "Absent"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class GroupDrainStatus:
    """The combined drain status of a group's consumers.

    Attributes:
        drained: everything published has been landed.
        remaining: message about what has not been landed, or why that is unknown.
    """

    drained: bool
    remaining: str


@dataclass(frozen=True, slots=True)
class ObservedGroup:
    """The observed state of a group that is to stop.

    Attributes:
        name: the group's name.
        publishing: number of producer pods that may still publish.
        has_consumers: its consumer Deployment has a replica count above zero.
        drain_status: of its consumers; None if they were not queried.
        state: from the feed's status; None if the status has no such group.
        since: when draining began; if the group is stopped, the drain did not finish in time.
        was_publishing: a producer pod could still publish at the previous reconcile.
    """

    name: str
    publishing: int
    has_consumers: bool
    drain_status: GroupDrainStatus | None = None
    state: State | None = None
    since: datetime | None = None
    was_publishing: bool = False


@dataclass(frozen=True, slots=True)
class GroupStop:
    """A group's progress through the stop.

    Attributes:
        name: the group's name.
        state: consumers run while DRAINING and are scaled to zero when STOPPED.
        since: start of the current wait: for producers to end, or, once they have, for consumers
            to drain. None after a clean stop.
        drained: its consumers can stop as soon as the rest of the feed is drained.
        remaining: message about what the stop waits for, or, if it has just timed out, about what
            has not been landed.
        publishing: number of producer pods that may still publish.
    """

    name: str
    state: State
    since: datetime | None = None
    drained: bool = False
    remaining: str = ""
    publishing: int = 0

    @property
    def waiting(self) -> bool:
        """Whether the feed's stop is waiting for this group."""
        return self.state is State.DRAINING and not self.drained

    @property
    def clean(self) -> bool:
        """Whether the group stopped with everything landed."""
        return self.state is State.STOPPED and self.since is None


def stop_group(group: ObservedGroup, now: datetime, timeout: timedelta) -> GroupStop:
    """Computes a group's next step.

    Args:
        group: the observed state.
        now: the current time.
        timeout: the feed's `drainTimeout`. It applies to producers and consumers separately, so
            slow producers do not shorten the time for consumers to drain.
    """
    if _at_rest(group):
        return GroupStop(group.name, State.STOPPED, group.since, publishing=group.publishing)
    publishing_changed = bool(group.publishing) is not group.was_publishing
    since = now if publishing_changed or group.since is None else group.since
    waited = now - since
    # A drainTimeout below the settle time wins: the user chose not to wait.
    if _is_drained(group) and waited >= min(SETTLE_TIME, timeout):
        return GroupStop(group.name, State.DRAINING, since, drained=True)
    state = State.STOPPED if waited >= timeout else State.DRAINING
    return GroupStop(
        group.name, state, since, remaining=_remaining(group), publishing=group.publishing
    )


def _at_rest(group: ObservedGroup) -> bool:
    """Whether the group is stopped.

    A producer that was started by hand after the stop begins a new stop.
    """
    if group.state is State.STOPPED:
        return not group.publishing or group.was_publishing
    return group.state is None and not group.publishing and not group.has_consumers


def _is_drained(group: ObservedGroup) -> bool:
    return not group.publishing and group.drain_status is not None and group.drain_status.drained


def _remaining(group: ObservedGroup) -> str:
    if group.publishing:
        return "its producer is still running"
    return (
        group.drain_status.remaining
        if group.drain_status
        else "it has no consumers, so the remaining messages are unknown"
    )


def drain_started_at(groups: Sequence[GroupStop]) -> datetime | None:
    """Returns when the last group began to drain, which identifies the stop's final load."""
    return max((group.since for group in groups if group.since is not None), default=None)


def stage_of(groups: Sequence[GroupStop], *, ended: bool, final_load: FinalLoad) -> Stage:
    """Returns the feed's progress through its stop.

    Args:
        groups: the progress of each group.
        ended: the feed's status already reports this stop as complete.
        final_load: the state of this stop's final load.
    """
    if any(group.waiting for group in groups):
        return Stage.DRAINING
    at_rest = all(group.state is State.STOPPED for group in groups)
    # `ended` matters once Argo has deleted the final load's Workflow, which would look absent and
    # be created again.
    if at_rest and (ended or drain_started_at(groups) is None):
        return Stage.STOPPED
    if final_load in (FinalLoad.ABSENT, FinalLoad.RUNNING):
        return Stage.LOADING
    return Stage.STOPPED


def stop_if_drained(group: GroupStop, stage: Stage) -> GroupStop:
    """Stops a drained group if the feed's stage allows it.

    Drained groups stop when the feed's stop is complete. A group that was removed from a running
    feed stops as soon as it is drained; the feed's next regular load takes what it landed.
    """
    if group.drained and stage in (Stage.RUNNING, Stage.STOPPED):
        return GroupStop(group.name, State.STOPPED)
    return group
