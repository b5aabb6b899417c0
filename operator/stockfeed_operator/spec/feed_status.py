"""The status of a feed."""

from typing import Annotated, Literal

from stockfeed_operator.spec.conditions import Condition, Timestamp
from stockfeed_operator.spec.fields import ListMap, Model


class Replicas(Model):
    """Numbers of pods of one role in one group."""

    ready: int = 0
    """Number of ready pods."""
    desired: int = 0
    """Number of pods that should currently run."""


class GroupStatus(Model):
    """Status of a group. A group removed from the spec is listed until it is drained."""

    name: str
    """Name of the group."""
    topic: str
    """Name of the group's topic."""
    symbols: int
    """Number of symbols in the group."""
    state: Literal["Running", "Draining", "Stopped"]
    """Running: producers poll and consumers land. Draining: producers are stopped, and consumers
    land the remaining quotes. Stopped: both are stopped."""
    producers: Replicas = Replicas()
    """Pods of the group's producer."""
    consumers: Replicas = Replicas()
    """Pods of the group's consumers."""
    effective_poll_interval: str | None = None
    """Interval at which each symbol is actually polled. It is longer than in the spec if the API
    key's request budget does not suffice."""
    draining_since: Timestamp | None = None
    """Start of the current drain phase, from which `drainTimeout` counts. It is reset once the last
    producer has terminated."""


class LastLoad(Model):
    """The newest load that loaded anything."""

    workflow: str
    """Name of the load's Workflow."""
    finished_at: Timestamp
    """When the load finished."""
    newest_quote_at: Timestamp | None = None
    """Poll time of the newest quote in the warehouse. Its age is the freshness of the feed."""
    rows: int = 0
    """Number of rows loaded."""
    files: int = 0
    """Number of objects loaded."""
    bytes: int = 0
    """Total size of these objects in bytes."""
    load_seconds: float | None = None
    """Duration of the load in seconds."""
    build_seconds: float | None = None
    """Duration of the dbt build in seconds."""


class SessionStatus(Model):
    """State of the exchange's session, for feeds with `spec.session`."""

    open: bool
    """Whether the feed should run: the session or its extended hours are open, or open within two
    minutes."""
    next_change_at: Timestamp | None = None
    """When the session opens or closes next."""


class StockFeedStatus(Model):
    """Observed state of the feed, written by the operator."""

    observed_generation: int | None = None
    """Generation of the feed that this status describes."""
    conditions: Annotated[tuple[Condition, ...], ListMap("type")] = ()
    """Conditions of the feed. Ready summarises TopicsReady, ProducersAvailable, ConsumersAvailable
    and LoadHealthy. Other conditions are present only in exceptional situations, e.g.
    RateBudgetExceeded."""
    symbols: int | None = None
    """Number of symbols in the spec."""
    groups: Annotated[tuple[GroupStatus, ...], ListMap("name")] = ()
    """Status of each group."""
    last_load: LastLoad | None = None
    """The newest load that loaded anything."""
    session: SessionStatus | None = None
    """State of the exchange's session, for feeds with `spec.session`."""
