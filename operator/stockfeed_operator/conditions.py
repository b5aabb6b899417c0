"""Statements about a feed, and when their `lastTransitionTime` moves.

`statements` says what is so now; `flipped` turns that into conditions, given those before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stockfeed_operator.spec_status import MESSAGE_LIMIT, Condition
from stockfeed_operator.times import format_time

READY = "Ready"
TOPICS_READY = "TopicsReady"
PRODUCERS_AVAILABLE = "ProducersAvailable"
CONSUMERS_AVAILABLE = "ConsumersAvailable"
LOAD_HEALTHY = "LoadHealthy"

# Present only while they say something.
STOPPED = "Stopped"
RATE_BUDGET_EXCEEDED = "RateBudgetExceeded"
DRAIN_TIMED_OUT = "DrainTimedOut"
LAST_LOAD_FAILED = "LastLoadFailed"
NOT_APPLIED = "NotApplied"
PAUSED = "Paused"

ALL = frozenset(
    {
        READY,
        TOPICS_READY,
        PRODUCERS_AVAILABLE,
        CONSUMERS_AVAILABLE,
        LOAD_HEALTHY,
        STOPPED,
        RATE_BUDGET_EXCEEDED,
        DRAIN_TIMED_OUT,
        LAST_LOAD_FAILED,
        NOT_APPLIED,
        PAUSED,
    }
)
BAD_WHEN_TRUE = frozenset({RATE_BUDGET_EXCEEDED, DRAIN_TIMED_OUT, LAST_LOAD_FAILED, NOT_APPLIED})

Truth = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Statement:
    """Something about a feed, as it is now.

    Attributes:
        type: what it is about.
        status: whether it is so.
        reason: why, for programs.
        message: why and what to do, for people.
    """

    type: str
    status: Truth
    reason: str
    message: str = ""


def flipped(
    statements: Iterable[Statement],
    before: Iterable[Condition],
    now: datetime,
    generation: int,
) -> tuple[Condition, ...]:
    """The statements as conditions; the time of transition moves only when a status changes.

    Args:
        statements: what is so now.
        before: the conditions as they were.
        now: the time.
        generation: of the spec that the statements are about.
    """
    known = {condition.type: condition for condition in before}
    return tuple(_condition(said, known.get(said.type), now, generation) for said in statements)


def _condition(
    said: Statement, before: Condition | None, now: datetime, generation: int
) -> Condition:
    kept = before is not None and before.status == said.status
    return Condition(
        type=said.type,
        status=said.status,
        reason=said.reason,
        message=said.message[:MESSAGE_LIMIT],
        last_transition_time=before.last_transition_time if kept and before else format_time(now),
        observed_generation=generation,
    )
