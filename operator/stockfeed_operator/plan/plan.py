"""The plan: which groups run or stop, whether the feed may load, and its request budget."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from stockfeed.contract.durations import parse_duration
from stockfeed.contract.times import parse_optional_rfc3339
from stockfeed_operator.kube.kinds import CRON_WORKFLOW, Manifest
from stockfeed_operator.manifests.metadata import CONSUMER
from stockfeed_operator.manifests.workflow import FINAL_LOAD_LABEL
from stockfeed_operator.plan import budget, drain, session, targets
from stockfeed_operator.plan.budget import Budget
from stockfeed_operator.plan.drain import (
    FinalLoad,
    GroupDrainStatus,
    GroupStop,
    ObservedGroup,
    Stage,
    State,
)
from stockfeed_operator.plan.observe import Observed, replicas
from stockfeed_operator.plan.session import SessionState
from stockfeed_operator.spec.conditions import LAST_LOAD, STOPPED
from stockfeed_operator.spec.feed import StockFeed

# Allows for the reconcile that detects the end of a drain, which may run a few seconds later.
_SLACK: Final = timedelta(seconds=30)


class StopReason(StrEnum):
    """Why a feed should be stopped."""

    DELETED = "Deleted"
    SUSPENDED = "Suspended"
    SESSION_CLOSED = "SessionClosed"


@dataclass(frozen=True, slots=True)
class Intent:
    """Whether the feed as a whole should run.

    Attributes:
        stop_reason: why the feed should stop; None if it should run.
        session: whether the exchange's session is open; None if the feed has no `spec.session`.
        stopping: names of the groups that should stop: all groups, or, while the feed runs, those
            removed from the spec.
    """

    stop_reason: StopReason | None
    session: SessionState | None
    stopping: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions of one reconcile.

    Attributes:
        intent: whether the feed should run.
        stage: the feed's progress through its stop.
        groups: the progress of each stopping group, by name, including removed groups.
        budget: the request budget of the feed's API key.
        target_holder: the older feed that uses the same warehouse schema; None if there is none.
        drain_started_at: identifies the stop's final load; None if nothing is to be drained.
        final_load: the state of the stop's final load.
        next_change_at: when an exchange session next opens or closes; None if none is relevant.
    """

    intent: Intent
    stage: Stage
    groups: Mapping[str, GroupStop]
    budget: Budget
    target_holder: StockFeed | None = None
    drain_started_at: datetime | None = None
    final_load: FinalLoad = FinalLoad.ABSENT
    next_change_at: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether the feed is deleted and its stop is complete, so its finalizer can be removed."""
        return self.intent.stop_reason is StopReason.DELETED and self.stage is Stage.STOPPED

    def state(self, group: str) -> State:
        """Returns the state of a group."""
        found = self.groups.get(group)
        return State.RUNNING if found is None else found.state


def intent_of(feed: StockFeed, observed: Observed, now: datetime) -> Intent:
    """Decides whether the feed and its groups should run at the given time."""
    state = session_at(feed, now)
    stop_reason = stop_reason_of(feed, state)
    wanted = {group.name for group in feed.spec.symbol_groups}
    stopping = observed.groups | wanted if stop_reason is not None else observed.groups - wanted
    return Intent(stop_reason, state, tuple(sorted(stopping)))


def session_at(feed: StockFeed, now: datetime) -> SessionState | None:
    """Returns the feed's session state; None if it has no `spec.session`."""
    return None if feed.spec.session is None else session.state_at(feed.spec.session, now)


def stop_reason_of(feed: StockFeed, state: SessionState | None) -> StopReason | None:
    """Returns why the feed should stop; None if it should run."""
    if feed.metadata.deletion_timestamp is not None:
        return StopReason.DELETED
    if feed.spec.suspend:
        return StopReason.SUSPENDED
    return StopReason.SESSION_CLOSED if state is not None and not state.open else None


def standalone_plan(feed: StockFeed) -> Plan:
    """Returns a plan that ignores the cluster: everything runs, or is stopped if suspended.

    `stockfeed-operator render` uses it.
    """
    stop_reason = StopReason.SUSPENDED if feed.spec.suspend else None
    names = [group.name for group in feed.spec.symbol_groups]
    groups = {name: GroupStop(name, State.STOPPED) for name in names} if stop_reason else {}
    stage = Stage.STOPPED if stop_reason else Stage.RUNNING
    return Plan(Intent(stop_reason, None, tuple(groups)), stage, groups, budget.budget_of(feed, ()))


def make_plan(
    feed: StockFeed,
    observed: Observed,
    intent: Intent,
    drain_statuses: Mapping[str, GroupDrainStatus],
    now: datetime,
) -> Plan:
    """Plans the next step of the feed.

    Args:
        feed: the feed.
        observed: the feed's observed state.
        intent: whether the feed and its groups should run.
        drain_statuses: drain status of stopping groups, by name.
        now: the current time.
    """
    timeout = timedelta(seconds=parse_duration(feed.spec.drain_timeout))
    stops = [
        drain.stop_group(_observed_group(observed, group, drain_statuses, now), now, timeout)
        for group in intent.stopping
    ]
    holder = targets.find_holder(feed, observed.neighbours)
    drain_started_at = drain.drain_started_at(stops)
    final_load = _final_load(observed, holder, drain_started_at, now, timeout)
    stage = Stage.RUNNING
    if intent.stop_reason is not None:
        stage = drain.stage_of(stops, ended=_ended(observed), final_load=final_load)
    stops = [drain.stop_if_drained(stop, stage) for stop in stops]
    active = [other for other in observed.neighbours if _active(other, now)]
    return Plan(
        intent=intent,
        stage=stage,
        groups={stop.name: stop for stop in stops},
        budget=budget.budget_of(feed, active if intent.stop_reason is None else ()),
        target_holder=holder,
        drain_started_at=drain_started_at,
        final_load=final_load,
        next_change_at=_next_change_at(feed, observed, now),
    )


def _observed_group(
    observed: Observed, group: str, drain_statuses: Mapping[str, GroupDrainStatus], now: datetime
) -> ObservedGroup:
    status = observed.group_status(group)
    return ObservedGroup(
        name=group,
        publishing=observed.publishing_pods(group, now),
        has_consumers=replicas(observed.deployment(CONSUMER, group)) > 0,
        drain_status=drain_statuses.get(group),
        state=None if status is None else State(status.state),
        since=None if status is None else parse_optional_rfc3339(status.draining_since),
        was_publishing=status is not None and status.producers.ready > 0,
    )


def _ended(observed: Observed) -> bool:
    stopped = observed.condition(STOPPED)
    return stopped is not None and stopped.status == "True"


def _was_loading(observed: Observed) -> bool:
    """Reports whether an earlier reconcile of this stop tried to create the final load."""
    stopped = observed.condition(STOPPED)
    return stopped is not None and stopped.reason == LAST_LOAD


def _final_load(
    observed: Observed,
    holder: StockFeed | None,
    drain_started_at: datetime | None,
    now: datetime,
    timeout: timedelta,
) -> FinalLoad:
    if holder is not None or CRON_WORKFLOW in observed.missing:
        return FinalLoad.IMPOSSIBLE
    if drain_started_at is None:
        return FinalLoad.ABSENT
    workflow = _final_load_workflow(observed, drain_started_at)
    if workflow is None:
        # It may be impossible to create the Workflow, e.g. in a namespace that is being deleted;
        # the stop must not wait forever. The time alone does not suffice: the operator may have
        # been away when the Workflow was to be created.
        overdue = now - drain_started_at >= 2 * timeout + _SLACK
        return FinalLoad.FAILED if overdue and _was_loading(observed) else FinalLoad.ABSENT
    phase = workflow.get("status", {}).get("phase")
    if phase == "Succeeded":
        return FinalLoad.SUCCEEDED
    created = parse_optional_rfc3339(workflow["metadata"].get("creationTimestamp")) or now
    # A Workflow may also wait without an end, e.g. for a node; the stop does not wait longer than
    # for the other phases.
    failed = phase in ("Failed", "Error") or now - created >= timeout
    return FinalLoad.FAILED if failed else FinalLoad.RUNNING


def _final_load_workflow(observed: Observed, drain_started_at: datetime) -> Manifest | None:
    """Finds the final load's Workflow of the stop that began at this time."""
    label = str(round(drain_started_at.timestamp()))
    return next(
        (
            workflow
            for workflow in observed.workflows
            if (workflow["metadata"].get("labels") or {}).get(FINAL_LOAD_LABEL) == label
        ),
        None,
    )


def _active(feed: StockFeed, now: datetime) -> bool:
    return stop_reason_of(feed, session_at(feed, now)) is None


def _next_change_at(feed: StockFeed, observed: Observed, now: datetime) -> datetime | None:
    """Returns the next session change among the feed and the feeds that share its API key."""
    key = budget.api_key_of(feed)
    sharing = [feed, *(other for other in observed.neighbours if budget.api_key_of(other) == key)]
    states = [session_at(other, now) for other in sharing]
    changes = [state.next_change_at for state in states if state and state.next_change_at]
    return min(changes, default=None)
