"""Statements about a feed, and when their `lastTransitionTime` moves.

`statements` says what is so now; `flipped` turns that into conditions, given those before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stockfeed.contract.times import format_rfc3339
from stockfeed_operator.spec.conditions import MESSAGE_LIMIT, Condition

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


def merge_conditions(
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
        last_transition_time=before.last_transition_time
        if kept and before
        else format_rfc3339(now, "seconds"),
        observed_generation=generation,
    )
