"""Conditions that a feed has only in exceptional situations."""

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


def optional_conditions(
    feed: StockFeed, observed: Observed, plan: Plan, problems: Sequence[Problem]
) -> list[Statement]:
    """Returns all conditions that currently apply, in a fixed order."""
    found = (
        not_applied(problems),
        stopped(plan),
        rate_budget(feed, plan),
        drain_timed_out(feed, observed, plan),
        last_load_failed(feed, observed, plan),
    )
    return [condition for condition in found if condition is not None]


def not_applied(problems: Sequence[Problem]) -> Statement | None:
    """Returns NotApplied if objects could not be applied."""
    if not problems:
        return None
    text = "; ".join(problem.message for problem in problems)
    return Statement(conditions.NOT_APPLIED, "True", problems[0].reason, text)


def stopped(plan: Plan) -> Statement | None:
    """Returns Stopped for a feed that is stopped or stopping, with what it waits for."""
    stop_reason = plan.intent.stop_reason
    if stop_reason is None:
        return None
    if plan.stage is Stage.STOPPED:
        return Statement(conditions.STOPPED, "True", stop_reason, _STOP_REASONS[stop_reason])
    if plan.stage is Stage.LOADING:
        text = f"{_STOP_REASONS[stop_reason]}; all quotes are landed; the last load is running"
        return Statement(conditions.STOPPED, "False", conditions.LAST_LOAD, text)
    waiting = [stop for stop in plan.groups.values() if stop.waiting]
    groups = "; ".join(f"group {stop.name}: {stop.remaining}" for stop in waiting)
    text = f"{_STOP_REASONS[stop_reason]}; waiting for {groups}"
    return Statement(conditions.STOPPED, "False", "Draining", text)


def rate_budget(feed: StockFeed, plan: Plan) -> Statement | None:
    """Returns RateBudgetExceeded if feeds that share an API key need more than its budget."""
    if plan.intent.stop_reason is not None or not plan.budget.exceeded:
        return None
    intervals = ", ".join(
        f"{group.name} every {budget.effective_interval(feed, group, plan.budget)}"
        for group in feed.spec.symbol_groups
    )
    text = (
        f"the API key allows {plan.budget.limit:g} requests per minute, but the feeds that use it "
        f"need {plan.budget.demand:g}, so each symbol is polled less often ({intervals}); lengthen "
        "pollInterval, remove symbols, or use another key"
    )
    return Statement(conditions.RATE_BUDGET_EXCEEDED, "True", "SharedKey", text)


def drain_timed_out(feed: StockFeed, observed: Observed, plan: Plan) -> Statement | None:
    """Returns DrainTimedOut, with what was not landed, until the group runs again."""
    late = [stop for stop in plan.groups.values() if stop.state is State.STOPPED and not stop.clean]
    if not late:
        return None
    before = observed.condition(conditions.DRAIN_TIMED_OUT)
    # What was left behind is known only in the reconcile in which the time ran out; later ones
    # repeat the stored text.
    messages = [] if before is None else [before.message]
    new = [_drain_message(feed, stop) for stop in late if stop.remaining]
    text = "; ".join([*messages, *new]) or ", ".join(stop.name for stop in late)
    return Statement(conditions.DRAIN_TIMED_OUT, "True", "DrainTimedOut", text)


def _drain_message(feed: StockFeed, stop: GroupStop) -> str:
    return (
        f"group {stop.name} was not drained within {feed.spec.drain_timeout}: {stop.remaining}; "
        f"the rest stays in topic {topic_of(feed, stop.name)} until its retention ends and is "
        "landed when the group runs again"
    )


def last_load_failed(feed: StockFeed, observed: Observed, plan: Plan) -> Statement | None:
    """Returns LastLoadFailed, with what was not loaded, until the feed runs again."""
    if plan.intent.stop_reason is None or plan.stage is not Stage.STOPPED:
        return None
    before = observed.condition(conditions.LAST_LOAD_FAILED)
    # Kept as it is, because Argo deletes the Workflow some time after it has finished.
    if before is not None:
        return Statement(before.type, before.status, before.reason, before.message)
    if plan.final_load is not FinalLoad.FAILED or plan.drain_started_at is None:
        return None
    workflow = names.final_load(feed.metadata.name, round(plan.drain_started_at.timestamp()))
    created = any(found["metadata"]["name"] == workflow for found in observed.workflows)
    result = "did not succeed" if created else "could not be created"
    text = (
        f"Workflow {workflow} {result} within {feed.spec.drain_timeout}; the remaining "
        f"objects stay in bucket {feed.spec.landing.bucket} under feed={feed.metadata.name}/ and "
        "are loaded by the next load"
    )
    return Statement(conditions.LAST_LOAD_FAILED, "True", "LastLoadFailed", text)
