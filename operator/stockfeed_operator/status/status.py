"""Computes the status of a feed from the observation and the plan."""

from collections.abc import Sequence
from datetime import datetime

from stockfeed.contract.times import format_rfc3339
from stockfeed_operator.kube.kinds import TOPIC, Key
from stockfeed_operator.manifests.connections import topic_of
from stockfeed_operator.manifests.metadata import CONSUMER, PRODUCER
from stockfeed_operator.plan import budget
from stockfeed_operator.plan.apply import Problem
from stockfeed_operator.plan.drain import GroupStop, State
from stockfeed_operator.plan.observe import Observed, ready_replicas
from stockfeed_operator.plan.plan import Plan
from stockfeed_operator.plan.session import SessionState
from stockfeed_operator.spec import conditions
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.feed_status import (
    GroupStatus,
    Replicas,
    SessionStatus,
    StockFeedStatus,
)
from stockfeed_operator.spec.source import SymbolGroup
from stockfeed_operator.spec.validate import InvalidFeedError
from stockfeed_operator.status import loads, permanent_conditions
from stockfeed_operator.status.optional_conditions import optional_conditions
from stockfeed_operator.status.statements import Statement, merge_conditions


def status_of(
    feed: StockFeed,
    observed: Observed,
    plan: Plan,
    problems: Sequence[Problem],
    now: datetime,
) -> StockFeedStatus:
    """Returns the status of a feed after a reconcile.

    Args:
        feed: the feed.
        observed: state of the cluster at the start of the reconcile.
        plan: the plan of the reconcile.
        problems: objects that could not be applied.
        now: the current time.
    """
    parts = [
        permanent_conditions.topics(feed, observed),
        permanent_conditions.pods(feed, observed, plan, PRODUCER),
        permanent_conditions.pods(feed, observed, plan, CONSUMER),
        permanent_conditions.load(feed, observed, plan, now),
        *optional_conditions(feed, observed, plan, problems),
    ]
    statements = [permanent_conditions.summary(parts, plan), *parts]
    return StockFeedStatus(
        observed_generation=observed.generation,
        conditions=merge_conditions(
            statements, observed.status.conditions, now, observed.generation
        ),
        symbols=feed.spec.symbols,
        groups=_groups(feed, observed, plan),
        last_load=loads.last_load(observed.workflows, observed.status.last_load),
        session=_session(plan.intent.session),
    )


def invalid_status(observed: Observed, error: InvalidFeedError, now: datetime) -> StockFeedStatus:
    """Returns the status of a feed with an invalid spec, without any other information."""
    statement = Statement(conditions.READY, "False", "InvalidSpec", str(error))
    known = merge_conditions([statement], observed.status.conditions, now, observed.generation)
    return StockFeedStatus(observed_generation=observed.generation, conditions=known)


def paused_status(observed: Observed, now: datetime) -> StockFeedStatus:
    """Returns the previous status with the additional condition Paused."""
    text = "reconciliation is paused by an annotation; remove it to resume"
    before = observed.status.conditions
    others = tuple(found for found in before if found.type != conditions.PAUSED)
    statement = Statement(conditions.PAUSED, "True", "Annotation", text)
    paused = merge_conditions([statement], before, now, observed.generation)
    return observed.status.model_copy(update={"conditions": (*others, *paused)})


def _groups(feed: StockFeed, observed: Observed, plan: Plan) -> tuple[GroupStatus, ...]:
    wanted = [_group(feed, observed, plan, group) for group in feed.spec.symbol_groups]
    names = {group.name for group in feed.spec.symbol_groups}
    removed = [stop for name, stop in plan.groups.items() if name not in names]
    return (
        *wanted,
        *(_removed(feed, stop) for stop in removed if _is_listed(feed, observed, stop)),
    )


def _group(feed: StockFeed, observed: Observed, plan: Plan, group: SymbolGroup) -> GroupStatus:
    stop, state = plan.groups.get(group.name), plan.state(group.name)
    consumers = 0 if state is State.STOPPED else _consumers(observed, group)
    return GroupStatus(
        name=group.name,
        topic=topic_of(feed, group.name),
        symbols=len(group.symbols),
        state=state.value,
        producers=_replicas(observed, PRODUCER, group.name, 1)
        if stop is None
        else _stopping_producers(stop),
        consumers=_replicas(observed, CONSUMER, group.name, consumers),
        effective_poll_interval=budget.effective_interval(feed, group, plan.budget),
        draining_since=_since(stop),
    )


def _consumers(observed: Observed, group: SymbolGroup) -> int:
    deployment = observed.deployment(CONSUMER, group.name)
    if group.consumer.autoscaled and deployment is not None:
        return int(deployment["spec"].get("replicas", group.consumer.replicas))
    return group.consumer.replicas


def _replicas(observed: Observed, component: str, group: str, desired: int) -> Replicas:
    ready = ready_replicas(observed.deployment(component, group))
    # During a rolling update there can be more ready pods than desired.
    return Replicas(ready=min(ready, desired), desired=desired)


def _stopping_producers(stop: GroupStop) -> Replicas:
    """Returns the pods of a stopping producer.

    The next reconcile reads them to detect when the last producer has terminated.
    """
    return Replicas(ready=stop.publishing, desired=0)


def _removed(feed: StockFeed, stop: GroupStop) -> GroupStatus:
    return GroupStatus(
        name=stop.name,
        topic=topic_of(feed, stop.name),
        symbols=0,
        state=stop.state.value,
        producers=_stopping_producers(stop),
        draining_since=_since(stop),
    )


def _is_listed(feed: StockFeed, observed: Observed, stop: GroupStop) -> bool:
    """Returns whether the status still lists a removed group.

    A drained group is listed until its topic is deleted, if it is to be deleted: the entry records
    that the topic contains nothing that is not landed.
    """
    if not stop.clean:
        return True
    topic = Key(TOPIC.kind, topic_of(feed, stop.name))
    return feed.spec.kafka.deletion_policy == "Delete" and topic in observed.objects


def _since(stop: GroupStop | None) -> str | None:
    return None if stop is None or stop.since is None else format_rfc3339(stop.since, "seconds")


def _session(state: SessionState | None) -> SessionStatus | None:
    if state is None:
        return None
    change = (
        None if state.next_change_at is None else format_rfc3339(state.next_change_at, "seconds")
    )
    return SessionStatus(open=state.open, next_change_at=change)
