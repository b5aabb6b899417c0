"""Condition types of a feed, and the model of a condition."""

from typing import Annotated, Final, Literal

from pydantic import Field

from stockfeed_operator.spec.fields import Model

READY = "Ready"
TOPICS_READY = "TopicsReady"
PRODUCERS_AVAILABLE = "ProducersAvailable"
CONSUMERS_AVAILABLE = "ConsumersAvailable"
LOAD_HEALTHY = "LoadHealthy"

# Present only in exceptional situations.
STOPPED = "Stopped"
RATE_BUDGET_EXCEEDED = "RateBudgetExceeded"
DRAIN_TIMED_OUT = "DrainTimedOut"
LAST_LOAD_FAILED = "LastLoadFailed"
NOT_APPLIED = "NotApplied"
PAUSED = "Paused"

LAST_LOAD = "LastLoad"
"""Reason of Stopped while the last load of a stop is to run."""

# Conditions of other types belong to other writers and are left alone.
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
"""A time in UTC, in RFC 3339 format."""

MESSAGE_LIMIT: Final = 32_768
"""Maximum length of a condition's message, as in Kubernetes' `metav1.Condition`."""


class Condition(Model):
    """A condition of the feed, as in Kubernetes' `metav1.Condition`."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    """Type of the condition, e.g. Ready."""
    status: Literal["True", "False", "Unknown"]
    """Status of the condition."""
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    """Machine-readable reason for the status, one CamelCase word."""
    message: Annotated[str, Field(max_length=MESSAGE_LIMIT)] = ""
    """Human-readable explanation, including what to do about a problem."""
    last_transition_time: Timestamp
    """When `status` last changed."""
    observed_generation: int | None = None
    """Generation of the feed that the condition describes."""
