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
from stockfeed_operator.manifests.workflow import LAST_LOAD_LABEL
from stockfeed_operator.plan import budget, drain, session, targets
from stockfeed_operator.plan.budget import Budget
from stockfeed_operator.plan.drain import GroupSeen, GroupStop, Landing, Load, Stage, State
from stockfeed_operator.plan.landing import publishing
from stockfeed_operator.plan.observe import Observed, replicas
from stockfeed_operator.plan.session import SessionState
from stockfeed_operator.spec.conditions import STOPPED
from stockfeed_operator.spec.feed import StockFeed

# A drain may end as late as its timeout allows; looks at it come every few seconds.
_SLACK: Final = timedelta(seconds=30)


class Why(StrEnum):
    """Why a feed is to be stopped."""

    DELETED = "Deleted"
    SUSPENDED = "Suspended"
    SESSION_CLOSED = "SessionClosed"


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted of the feed as a whole.

    Attributes:
        why: why it is to stop; None when it is to run.
        session: where in its exchange's sessions it is; None where it follows none.
        stopping: names of the groups that are to stop: all, or those removed from the spec.
    """

    why: Why | None
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
        stop_began: names the last load; None before producers are gone.
        load: the last load.
        next_change: when the plan changes by itself.
    """

    intent: Intent
    stage: Stage
    groups: Mapping[str, GroupStop]
    budget: Budget
    target_holder: StockFeed | None = None
    stop_began: datetime | None = None
    load: Load = Load.ABSENT
    next_change: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether the feed may go: it is deleted and stopped."""
        return self.intent.why is Why.DELETED and self.stage is Stage.STOPPED

    def state(self, group: str) -> State:
        """How far a group is."""
        found = self.groups.get(group)
        return State.RUNNING if found is None else found.state


def intent_of(feed: StockFeed, seen: Observed, now: datetime) -> Intent:
    """What is wanted of the feed at this time."""
    state = session_at(feed, now)
    why = why_stopped(feed, state)
    wanted = {group.name for group in feed.spec.symbol_groups}
    stopping = seen.groups | wanted if why is not None else seen.groups - wanted
    return Intent(why, state, tuple(sorted(stopping)))


def session_at(feed: StockFeed, now: datetime) -> SessionState | None:
    """Where in its exchange's sessions the feed is."""
    return None if feed.spec.session is None else session.state_at(feed.spec.session, now)


def why_stopped(feed: StockFeed, state: SessionState | None) -> Why | None:
    """Why the feed is to stop; None when it is to run."""
    if feed.metadata.deletion_timestamp is not None:
        return Why.DELETED
    if feed.spec.suspend:
        return Why.SUSPENDED
    return Why.SESSION_CLOSED if state is not None and not state.open else None


def plan_for(feed: StockFeed) -> Plan:
    """The plan of the feed by itself, once started or stopped: what `render` shows."""
    why = Why.SUSPENDED if feed.spec.suspend else None
    names = [group.name for group in feed.spec.symbol_groups]
    groups = {name: GroupStop(name, State.STOPPED) for name in names} if why else {}
    stage = Stage.STOPPED if why else Stage.RUNNING
    return Plan(Intent(why, None, tuple(groups)), stage, groups, budget.budget_of(feed, ()))


def make_plan(
    feed: StockFeed,
    seen: Observed,
    intent: Intent,
    landings: Mapping[str, Landing],
    now: datetime,
) -> Plan:
    """The plan.

    Args:
        feed: the feed.
        seen: what the cluster shows.
        intent: what is wanted.
        landings: what the consumers of stopping groups say.
        now: the time.
    """
    timeout = timedelta(seconds=parse_duration(feed.spec.drain_timeout))
    stops = [
        drain.stop_group(_group_seen(seen, group, landings, now), now, timeout)
        for group in intent.stopping
    ]
    holder = targets.holder(feed, seen.neighbours)
    began = drain.stop_began(stops)
    load = _last_load(seen, holder, began, now, timeout)
    stage = Stage.RUNNING
    if intent.why is not None:
        stage = drain.stage_of(stops, ended=_ended(seen), load=load)
    stops = [drain.settled(stop, stage) for stop in stops]
    active = [other for other in seen.neighbours if _active(other, now)]
    return Plan(
        intent=intent,
        stage=stage,
        groups={stop.name: stop for stop in stops},
        budget=budget.budget_of(feed, active if intent.why is None else ()),
        target_holder=holder,
        stop_began=began,
        load=load,
        next_change=_next_change(feed, seen, now),
    )


def _group_seen(
    seen: Observed, group: str, landings: Mapping[str, Landing], now: datetime
) -> GroupSeen:
    status = seen.group_status(group)
    return GroupSeen(
        name=group,
        publishing=publishing(seen, group, now),
        landing=replicas(seen.deployment(CONSUMER, group)) > 0,
        report=landings.get(group),
        state=None if status is None else State(status.state),
        since=None if status is None else parse_optional_rfc3339(status.draining_since),
        was_publishing=status is not None and status.producers.ready > 0,
    )


def _ended(seen: Observed) -> bool:
    stopped = seen.condition(STOPPED)
    return stopped is not None and stopped.status == "True"


def _last_load(
    seen: Observed,
    holder: StockFeed | None,
    began: datetime | None,
    now: datetime,
    timeout: timedelta,
) -> Load:
    if holder is not None or CRON_WORKFLOW in seen.missing:
        return Load.IMPOSSIBLE
    if began is None:
        return Load.ABSENT
    workflow = _last_load_of(seen, began)
    if workflow is None:
        # Where it cannot be made, e.g. in a namespace that is deleted, it is not waited for either.
        return Load.FAILED if now - began >= 2 * timeout + _SLACK else Load.ABSENT
    phase = workflow.get("status", {}).get("phase")
    if phase == "Succeeded":
        return Load.SUCCEEDED
    created = parse_optional_rfc3339(workflow["metadata"].get("creationTimestamp")) or now
    failed = phase in ("Failed", "Error") or now - created >= timeout
    return Load.FAILED if failed else Load.RUNNING


def _last_load_of(seen: Observed, began: datetime) -> Manifest | None:
    """The Workflow that loads what the stop left."""
    label = str(round(began.timestamp()))
    return next(
        (
            workflow
            for workflow in seen.workflows
            if (workflow["metadata"].get("labels") or {}).get(LAST_LOAD_LABEL) == label
        ),
        None,
    )


def _active(feed: StockFeed, now: datetime) -> bool:
    return why_stopped(feed, session_at(feed, now)) is None


def _next_change(feed: StockFeed, seen: Observed, now: datetime) -> datetime | None:
    """When a session opens or closes, the feed's own or that of one with the same API key."""
    key = budget.key_of_api(feed)
    sharing = [feed, *(other for other in seen.neighbours if budget.key_of_api(other) == key)]
    states = [session_at(other, now) for other in sharing]
    return min((state.next_change for state in states if state and state.next_change), default=None)
