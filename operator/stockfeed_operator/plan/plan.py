"""What to do now, as a value: who runs, who drains, who may load, and at what rate."""

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
from stockfeed_operator.plan.drain_status import publishing_pods
from stockfeed_operator.plan.observe import Observed, replicas
from stockfeed_operator.plan.session import SessionState
from stockfeed_operator.spec.conditions import STOPPED
from stockfeed_operator.spec.feed import StockFeed

# A drain may end as late as its timeout allows; looks at it come every few seconds.
_SLACK: Final = timedelta(seconds=30)


class StopReason(StrEnum):
    """Why a feed is to be stopped."""

    DELETED = "Deleted"
    SUSPENDED = "Suspended"
    SESSION_CLOSED = "SessionClosed"


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted of the feed as a whole.

    Attributes:
        stop_reason: why it is to stop; None when it is to run.
        session: where in its exchange's sessions it is; None where it follows none.
        stopping: names of the groups that are to stop: all, or those removed from the spec.
    """

    stop_reason: StopReason | None
    session: SessionState | None
    stopping: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now.

    Attributes:
        intent: what is wanted.
        stage: how far the feed is.
        groups: how far each group is, by name, removed ones included.
        budget: the API key's.
        target_holder: the feed that has the warehouse target instead of this one.
        drain_started_at: names the last load; None before producers are gone.
        final_load: the final load of the stop.
        next_change_at: when the plan changes by itself.
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
        """Whether the feed may go: it is deleted and stopped."""
        return self.intent.stop_reason is StopReason.DELETED and self.stage is Stage.STOPPED

    def state(self, group: str) -> State:
        """How far a group is."""
        found = self.groups.get(group)
        return State.RUNNING if found is None else found.state


def intent_of(feed: StockFeed, observed: Observed, now: datetime) -> Intent:
    """What is wanted of the feed at this time."""
    state = session_at(feed, now)
    stop_reason = stop_reason_of(feed, state)
    wanted = {group.name for group in feed.spec.symbol_groups}
    stopping = observed.groups | wanted if stop_reason is not None else observed.groups - wanted
    return Intent(stop_reason, state, tuple(sorted(stopping)))


def session_at(feed: StockFeed, now: datetime) -> SessionState | None:
    """Where in its exchange's sessions the feed is."""
    return None if feed.spec.session is None else session.state_at(feed.spec.session, now)


def stop_reason_of(feed: StockFeed, state: SessionState | None) -> StopReason | None:
    """Why the feed is to stop; None when it is to run."""
    if feed.metadata.deletion_timestamp is not None:
        return StopReason.DELETED
    if feed.spec.suspend:
        return StopReason.SUSPENDED
    return StopReason.SESSION_CLOSED if state is not None and not state.open else None


def standalone_plan(feed: StockFeed) -> Plan:
    """The plan of the feed by itself, once started or stopped: what `render` shows."""
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
    """The plan.

    Args:
        feed: the feed.
        observed: what the cluster shows.
        intent: what is wanted.
        drain_statuses: what the consumers of stopping groups say.
        now: the time.
    """
    timeout = timedelta(seconds=parse_duration(feed.spec.drain_timeout))
    stops = [
        drain.stop_group(_observed_group(observed, group, drain_statuses, now), now, timeout)
        for group in intent.stopping
    ]
    holder = targets.find_holder(feed, observed.neighbours)
    began = drain.drain_started_at(stops)
    load = _final_load(observed, holder, began, now, timeout)
    stage = Stage.RUNNING
    if intent.stop_reason is not None:
        stage = drain.stage_of(stops, ended=_ended(observed), final_load=load)
    stops = [drain.settle(stop, stage) for stop in stops]
    active = [other for other in observed.neighbours if _active(other, now)]
    return Plan(
        intent=intent,
        stage=stage,
        groups={stop.name: stop for stop in stops},
        budget=budget.budget_of(feed, active if intent.stop_reason is None else ()),
        target_holder=holder,
        drain_started_at=began,
        final_load=load,
        next_change_at=_next_change_at(feed, observed, now),
    )


def _observed_group(
    observed: Observed, group: str, drain_statuses: Mapping[str, GroupDrainStatus], now: datetime
) -> ObservedGroup:
    status = observed.group_status(group)
    return ObservedGroup(
        name=group,
        publishing=publishing_pods(observed, group, now),
        has_consumers=replicas(observed.deployment(CONSUMER, group)) > 0,
        drain_status=drain_statuses.get(group),
        state=None if status is None else State(status.state),
        since=None if status is None else parse_optional_rfc3339(status.draining_since),
        was_publishing=status is not None and status.producers.ready > 0,
    )


def _ended(observed: Observed) -> bool:
    stopped = observed.condition(STOPPED)
    return stopped is not None and stopped.status == "True"


def _final_load(
    observed: Observed,
    holder: StockFeed | None,
    began: datetime | None,
    now: datetime,
    timeout: timedelta,
) -> FinalLoad:
    if holder is not None or CRON_WORKFLOW in observed.missing:
        return FinalLoad.IMPOSSIBLE
    if began is None:
        return FinalLoad.ABSENT
    workflow = _final_load_workflow(observed, began)
    if workflow is None:
        # Where it cannot be made, e.g. in a namespace that is deleted, it is not waited for either.
        return FinalLoad.FAILED if now - began >= 2 * timeout + _SLACK else FinalLoad.ABSENT
    phase = workflow.get("status", {}).get("phase")
    if phase == "Succeeded":
        return FinalLoad.SUCCEEDED
    created = parse_optional_rfc3339(workflow["metadata"].get("creationTimestamp")) or now
    failed = phase in ("Failed", "Error") or now - created >= timeout
    return FinalLoad.FAILED if failed else FinalLoad.RUNNING


def _final_load_workflow(observed: Observed, began: datetime) -> Manifest | None:
    """The Workflow that loads what the stop left."""
    label = str(round(began.timestamp()))
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
    """When a session opens or closes, the feed's own or that of one with the same API key."""
    key = budget.api_key_of(feed)
    sharing = [feed, *(other for other in observed.neighbours if budget.api_key_of(other) == key)]
    states = [session_at(other, now) for other in sharing]
    return min(
        (state.next_change_at for state in states if state and state.next_change_at), default=None
    )
