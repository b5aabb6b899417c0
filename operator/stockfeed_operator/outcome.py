"""What a reconcile came to, and when the feed wants the next look."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stockfeed_operator.conditions import READY
from stockfeed_operator.converge import Applied
from stockfeed_operator.drain import Stage
from stockfeed_operator.plan import Plan
from stockfeed_operator.spec import StockFeed
from stockfeed_operator.spec_status import StockFeedStatus

# Consumers are asked, so no event tells when they are drained.
_DRAINING: Final = timedelta(seconds=5)
_LOADING: Final = timedelta(seconds=10)
# Pods are not watched: a cluster has too many of them.
_NOT_READY: Final = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reconcile came to.

    Attributes:
        result: `changed`, `steady`, `paused`, `invalid` or `gone`.
        status: the feed's status now; None when the feed is gone.
        again: how long to wait for an event before the next look; None for as long as usual.
        schedule: when the feed's loads start; None when that is not known.
    """

    result: str
    status: StockFeedStatus | None = None
    again: timedelta | None = None
    schedule: str | None = None


GONE: Final = Outcome("gone")


def outcome_of(
    feed: StockFeed,
    plan: Plan,
    status: StockFeedStatus,
    applied: Applied,
    now: datetime,
    *,
    changed: bool,
) -> Outcome:
    """The outcome of a reconcile that came to its end.

    Args:
        feed: the feed.
        plan: what was planned.
        status: what was reported.
        applied: what was written.
        now: the time.
        changed: whether something else than `applied` was written.
    """
    result = "changed" if changed or applied.written else "steady"
    return Outcome(
        result,
        status,
        again=_again(plan, status, now),
        schedule=feed.spec.warehouse.schedule,
    )


def _again(plan: Plan, status: StockFeedStatus, now: datetime) -> timedelta | None:
    if any(stop.waiting for stop in plan.groups.values()):
        return _DRAINING
    if plan.stage is Stage.LOADING:
        return _LOADING
    ready = any(said.type == READY and said.status == "True" for said in status.conditions)
    change = None if plan.next_change is None else plan.next_change - now
    if ready:
        return change
    return _NOT_READY if change is None else min(change, _NOT_READY)
