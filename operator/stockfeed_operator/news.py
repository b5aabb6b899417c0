"""What is worth an Event: a condition that came, went, or changed its status or reason."""

from collections.abc import Sequence

from stockfeed_operator.api import Notice
from stockfeed_operator.conditions import BAD_WHEN_TRUE, READY, STOPPED
from stockfeed_operator.spec_status import Condition

# How every feed begins.
_BEGINNING = frozenset({"TopicPending", "NotReady", "NoLoadYet"})


def news(before: Sequence[Condition], after: Sequence[Condition]) -> list[Notice]:
    """The Events about the way from one list of conditions to the next."""
    known = {condition.type: condition for condition in before}
    left = {condition.type for condition in after}
    told = [_told(known.get(condition.type), condition) for condition in after]
    over = [_over(condition) for condition in before if condition.type not in left]
    return [notice for notice in (*told, *over) if notice is not None]


def _told(before: Condition | None, after: Condition) -> Notice | None:
    bad = _is_bad(after)
    if before is None and after.type != STOPPED and (not bad or after.reason in _BEGINNING):
        return None  # a new feed is no news yet
    if before is not None and not _changed(before, after):
        return None
    return Notice("Warning" if bad else "Normal", after.reason, f"{after.type}: {after.message}")


def _changed(before: Condition, after: Condition) -> bool:
    if after.type == READY:
        return before.status != after.status  # its parts tell the rest
    if after.type in BAD_WHEN_TRUE and before.message != after.message:
        return True
    return (before.status, before.reason) != (after.status, after.reason)


def _is_bad(condition: Condition) -> bool:
    if condition.type in BAD_WHEN_TRUE:
        return condition.status == "True"
    return condition.status == "False" and condition.type not in (READY, STOPPED)


def _over(condition: Condition) -> Notice:
    return Notice("Normal", f"{condition.type}Over", f"{condition.type} is over")
