"""What the operator says about a feed."""

from typing import Annotated, Literal

from stockfeed_operator.spec.conditions import Condition, Timestamp
from stockfeed_operator.spec.fields import ListMap, Model


class Replicas(Model):
    """Pods of one role of one group."""

    ready: int = 0
    """Pods that do their work."""
    desired: int = 0
    """Pods that there should be now."""


class GroupStatus(Model):
    """What is known of one group; of a removed one until it is drained."""

    name: str
    """Name of the group."""
    topic: str
    """Name of the group's topic."""
    symbols: int
    """Number of the group's symbols."""
    state: Literal["Running", "Draining", "Stopped"]
    """Draining: producers are stopped, and consumers land what is left."""
    producers: Replicas = Replicas()
    """The group's producer."""
    consumers: Replicas = Replicas()
    """The group's consumers."""
    effective_poll_interval: str | None = None
    """How often each symbol is asked for; longer than in the spec where the key's budget is
    short."""
    draining_since: Timestamp | None = None
    """When draining began, anew once the last producer has ended; `drainTimeout` counts from
    here."""


class LastLoad(Model):
    """The newest load that loaded something."""

    workflow: str
    """Name of its Workflow."""
    finished_at: Timestamp
    """When it finished."""
    newest_quote_at: Timestamp | None = None
    """Poll time of the newest quote in the warehouse: its age is the feed's freshness."""
    rows: int = 0
    """Rows that it loaded."""
    files: int = 0
    """Objects that it loaded."""
    bytes: int = 0
    """Bytes of these objects."""
    load_seconds: float | None = None
    """How long loading took."""
    build_seconds: float | None = None
    """How long the dbt build took."""


class SessionStatus(Model):
    """The exchange's session, where the feed follows one."""

    open: bool
    """Whether the feed runs now."""
    next_change_at: Timestamp | None = None
    """When it stops or starts next."""


class StockFeedStatus(Model):
    """What the operator says about the feed."""

    observed_generation: int | None = None
    """Generation of the spec that this status is about."""
    conditions: Annotated[tuple[Condition, ...], ListMap("type")] = ()
    """Ready sums up TopicsReady, ProducersAvailable, ConsumersAvailable and LoadHealthy; others
    tell of exceptions, e.g. RateBudgetExceeded."""
    symbols: int | None = None
    """Number of symbols in the spec."""
    groups: Annotated[tuple[GroupStatus, ...], ListMap("name")] = ()
    """What is known of each group."""
    last_load: LastLoad | None = None
    """The newest load that loaded something."""
    session: SessionStatus | None = None
    """The exchange's session, where the feed follows one."""
