"""The types of a feed's conditions, and the form of one condition."""

from typing import Annotated, Final, Literal

from pydantic import Field

from stockfeed_operator.spec.fields import Model

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

Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""RFC 3339 in UTC."""

MESSAGE_LIMIT: Final = 32_768
"""Characters in a condition's message, as Kubernetes' own conditions have it."""


class Condition(Model):
    """One statement about the feed, in the form of Kubernetes' own conditions."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    """What the statement is about, e.g. Ready."""
    status: Literal["True", "False", "Unknown"]
    """Whether it is so."""
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    """Why, in one CamelCase word for programs."""
    message: Annotated[str, Field(max_length=MESSAGE_LIMIT)] = ""
    """Why, and what to do, for people."""
    last_transition_time: Timestamp
    """When `status` last changed."""
    observed_generation: int | None = None
    """Generation of the feed that the statement is about."""
