"""Statements that a feed has only while something is out of the ordinary."""

from collections.abc import Sequence

from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.connections import topic_of
from stockfeed_operator.plan import budget
from stockfeed_operator.plan.apply import Problem
from stockfeed_operator.plan.drain import FinalLoad, GroupStop, Stage, State
from stockfeed_operator.plan.observe import Observed
from stockfeed_operator.plan.plan import Plan, StopReason
from stockfeed_operator.spec import conditions
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.status.statements import Statement

_STOP_REASONS = {
    StopReason.DELETED: "the feed is deleted",
    StopReason.SUSPENDED: "spec.suspend is true",
    StopReason.SESSION_CLOSED: "the exchange's session is closed",
}


def exceptions(
    feed: StockFeed, observed: Observed, plan: Plan, problems: Sequence[Problem]
) -> list[Statement]:
    """All that is out of the ordinary now."""
    found = (
        not_applied(problems),
        stopped(plan),
        rate_budget(feed, plan),
        drain_timed_out(feed, observed, plan),
        last_load_failed(feed, observed, plan),
    )
    return [said for said in found if said is not None]


def not_applied(problems: Sequence[Problem]) -> Statement | None:
    """Objects that could not be brought to what they should be."""
    if not problems:
        return None
    text = "; ".join(problem.message for problem in problems)
    return Statement(conditions.NOT_APPLIED, "True", problems[0].reason, text)


def stopped(plan: Plan) -> Statement | None:
    """Whether a feed that is to stop has done so, and what it waits for."""
    stop_reason = plan.intent.stop_reason
    if stop_reason is None:
        return None
    if plan.stage is Stage.STOPPED:
        return Statement(conditions.STOPPED, "True", stop_reason, _STOP_REASONS[stop_reason])
    if plan.stage is Stage.LOADING:
        text = f"{_STOP_REASONS[stop_reason]}; everything is landed, the last load runs"
        return Statement(conditions.STOPPED, "False", "LastLoad", text)
    waiting = [f"group {stop.name}: {stop.left}" for stop in plan.groups.values() if stop.waiting]
    text = f"{_STOP_REASONS[stop_reason]}; waiting for {'; '.join(waiting)}"
    return Statement(conditions.STOPPED, "False", "Draining", text)


def rate_budget(feed: StockFeed, plan: Plan) -> Statement | None:
    """Whether the API key allows less than the feeds that share it would like."""
    if plan.intent.stop_reason is not None or not plan.budget.exceeded:
        return None
    intervals = ", ".join(
        f"{group.name} every {budget.effective_interval(feed, group, plan.budget)}"
        for group in feed.spec.symbol_groups
    )
    text = (
        f"the API key allows {plan.budget.limit:g} requests per minute, the feeds that use it ask "
        f"for {plan.budget.demand:g}: each symbol is polled less often ({intervals}); lengthen "
        "pollInterval, take symbols out, or use another key"
    )
    return Statement(conditions.RATE_BUDGET_EXCEEDED, "True", "SharedKey", text)


def drain_timed_out(feed: StockFeed, observed: Observed, plan: Plan) -> Statement | None:
    """What was not landed when a stop's time ran out, until the group runs again."""
    late = [stop for stop in plan.groups.values() if stop.state is State.STOPPED and not stop.clean]
    if not late:
        return None
    before = observed.condition(conditions.DRAIN_TIMED_OUT)
    known = [] if before is None else [before.message]
    fresh = [_left(feed, stop) for stop in late if stop.left]
    text = "; ".join([*known, *fresh]) or ", ".join(stop.name for stop in late)
    return Statement(conditions.DRAIN_TIMED_OUT, "True", "DrainTimedOut", text)


def _left(feed: StockFeed, stop: GroupStop) -> str:
    return (
        f"group {stop.name} was not drained within {feed.spec.drain_timeout}: {stop.left}; what is "
        f"left is in Kafka's topic {topic_of(feed, stop.name)} until its retention ends, and the "
        "group lands it when it runs again"
    )


def last_load_failed(feed: StockFeed, observed: Observed, plan: Plan) -> Statement | None:
    """What was landed but not loaded at the end of a stop, until the feed runs again."""
    if plan.intent.stop_reason is None or plan.stage is not Stage.STOPPED:
        return None
    before = observed.condition(conditions.LAST_LOAD_FAILED)
    if before is not None:
        return Statement(before.type, before.status, before.reason, before.message)
    if plan.final_load is not FinalLoad.FAILED or plan.drain_started_at is None:
        return None
    workflow = names.final_load(feed.metadata.name, round(plan.drain_started_at.timestamp()))
    text = (
        f"Workflow {workflow} did not succeed within "
        f"{feed.spec.drain_timeout}: what is not loaded is in bucket {feed.spec.landing.bucket} "
        f"under feed={feed.metadata.name}/, and the next load takes it"
    )
    return Statement(conditions.LAST_LOAD_FAILED, "True", "LastLoadFailed", text)
