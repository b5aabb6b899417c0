"""Current conditions of a feed, before they get their `lastTransitionTime`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stockfeed.contract.times import format_rfc3339
from stockfeed_operator.spec.conditions import MESSAGE_LIMIT, Condition

Truth = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A condition without `lastTransitionTime`.

    Attributes:
        type: type of the condition.
        status: status of the condition.
        reason: machine-readable reason, one CamelCase word.
        message: explanation for users, with what to do about a problem.
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
    """Converts statements to conditions; `lastTransitionTime` changes only with the status.

    Args:
        statements: the current conditions.
        before: the previous conditions.
        now: the current time.
        generation: generation of the feed that the statements describe.
    """
    known = {condition.type: condition for condition in before}
    return tuple(
        _condition(statement, known.get(statement.type), now, generation)
        for statement in statements
    )


def _condition(
    statement: Statement, before: Condition | None, now: datetime, generation: int
) -> Condition:
    kept = before is not None and before.status == statement.status
    return Condition(
        type=statement.type,
        status=statement.status,
        reason=statement.reason,
        message=statement.message[:MESSAGE_LIMIT],
        last_transition_time=before.last_transition_time
        if kept and before
        else format_rfc3339(now, "seconds"),
        observed_generation=generation,
    )
