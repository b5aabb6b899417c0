"""The ordered stop, as pure functions over what is observed.

Producers go first; consumers stay until they have landed everything; one last load and build takes
it on; then the rest goes. Nothing is remembered outside the cluster: the feed's status holds when a
group began to drain, and the last load's name holds which stop it belongs to. So a restart between
any two steps changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# A consumer's word may rest on a measurement of up to ten seconds ago, made before the producer's
# last message.
SETTLE: Final = timedelta(seconds=12)


class State(StrEnum):
    """The state of a group, as the feed's status shows it."""

    RUNNING = "Running"
    DRAINING = "Draining"
    STOPPED = "Stopped"


class Stage(StrEnum):
    """How far the feed's stop is."""

    RUNNING = "Running"
    DRAINING = "Draining"
    LOADING = "LastLoad"
    STOPPED = "Stopped"


class FinalLoad(StrEnum):
    """The last load of a stop."""

    IMPOSSIBLE = "Impossible"
    ABSENT = "Absent"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class GroupDrainStatus:
    """What a group's consumers say together.

    Attributes:
        drained: everything published is landed.
        left: what is not, or why that is not known; for people.
    """

    drained: bool
    left: str


@dataclass(frozen=True, slots=True)
class ObservedGroup:
    """What is observed of a group that is to stop.

    Attributes:
        name: the group's name.
        publishing: producer pods that may still publish.
        has_consumers: its consumers are not at zero.
        drain_status: what they say; None when nobody asked them.
        state: as in the feed's status; None when it has none.
        since: when draining began; in a stopped group it means that draining was not finished.
        was_publishing: a producer pod could still publish at the last look.
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
    """Where a group's stop stands.

    Attributes:
        name: the group's name.
        state: Draining keeps its consumers; Stopped takes them to zero.
        since: when the last producer ended, or its end began to be waited for; None after a clean
            end.
        drained: its consumers may go as soon as the rest of the feed allows it.
        left: what is waited for, or, where the time ran out just now, what is not landed.
        publishing: producer pods that may still publish.
    """

    name: str
    state: State
    since: datetime | None = None
    drained: bool = False
    left: str = ""
    publishing: int = 0

    @property
    def waiting(self) -> bool:
        """Whether the stop waits for this group."""
        return self.state is State.DRAINING and not self.drained

    @property
    def clean(self) -> bool:
        """Whether it stopped with everything landed."""
        return self.state is State.STOPPED and self.since is None


def stop_group(group: ObservedGroup, now: datetime, timeout: timedelta) -> GroupStop:
    """One step of a group's stop.

    Args:
        group: what is observed.
        now: the time.
        timeout: how long producers are waited for, and then consumers: each alone, so that slow
            producers leave consumers their time, and both leave the last load its own.
    """
    if _at_rest(group):
        return GroupStop(group.name, State.STOPPED, group.since, publishing=group.publishing)
    came_or_went = bool(group.publishing) is not group.was_publishing
    since = now if came_or_went or group.since is None else group.since
    waited = now - since
    if _is_drained(group) and waited >= min(SETTLE, timeout):
        return GroupStop(group.name, State.DRAINING, since, drained=True)
    state = State.STOPPED if waited >= timeout else State.DRAINING
    return GroupStop(group.name, state, since, left=_left(group), publishing=group.publishing)


def _at_rest(group: ObservedGroup) -> bool:
    """Whether it is stopped; a producer that somebody started since needs a stop of its own."""
    if group.state is State.STOPPED:
        return not group.publishing or group.was_publishing
    return group.state is None and not group.publishing and not group.has_consumers


def _is_drained(group: ObservedGroup) -> bool:
    return not group.publishing and group.drain_status is not None and group.drain_status.drained


def _left(group: ObservedGroup) -> str:
    if group.publishing:
        return "its producer still runs"
    return (
        group.drain_status.left
        if group.drain_status
        else "its consumers are not there to say what is left"
    )


def drain_started_at(groups: Sequence[GroupStop]) -> datetime | None:
    """When the stop's last group had no producer any more; it names the last load."""
    return max((group.since for group in groups if group.since is not None), default=None)


def stage_of(groups: Sequence[GroupStop], *, ended: bool, final_load: FinalLoad) -> Stage:
    """How far the feed's stop is.

    Args:
        groups: each group's part.
        ended: the feed's status says that this stop has come to its end.
        final_load: the final load of this stop.
    """
    if any(group.waiting for group in groups):
        return Stage.DRAINING
    at_rest = all(group.state is State.STOPPED for group in groups)
    if at_rest and (ended or drain_started_at(groups) is None):
        return Stage.STOPPED
    if final_load in (FinalLoad.ABSENT, FinalLoad.RUNNING):
        return Stage.LOADING
    return Stage.STOPPED


def settle(group: GroupStop, stage: Stage) -> GroupStop:
    """The group's part once the feed's stage is known.

    Drained groups stop with the feed; groups that were taken out of a running feed stop alone, and
    its next load takes what they landed.
    """
    if group.drained and stage in (Stage.RUNNING, Stage.STOPPED):
        return GroupStop(group.name, State.STOPPED)
    return group
