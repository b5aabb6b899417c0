"""One budget per API key: what each group of each feed may ask for.

A key's budget is the smallest `requestsPerMinute` among the active feeds of a namespace that name
the key. Within it every group gets its demand; beyond it all shares shrink in proportion.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stockfeed.contract.durations import parse_duration
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.source import SymbolGroup


@dataclass(frozen=True, slots=True)
class Budget:
    """A key's budget and what is asked of it, in requests per minute.

    Attributes:
        limit: what the key allows.
        demand: what all groups of all active feeds would like.
    """

    limit: float
    demand: float

    @property
    def exceeded(self) -> bool:
        """Whether not everyone gets what they would like."""
        return self.demand > self.limit + 0.001

    @property
    def factor(self) -> float:
        """By how much each demand is cut, at most 1."""
        return self.limit / self.demand if self.exceeded else 1.0


def budget_of(feed: StockFeed, active: Iterable[StockFeed]) -> Budget:
    """The budget of the feed's key.

    Args:
        feed: the feed; it counts whether it is active or not.
        active: the active feeds of its namespace, with any key.
    """
    others = [other for other in active if other.metadata.name != feed.metadata.name]
    sharing = [feed, *(other for other in others if api_key_of(other) == api_key_of(feed))]
    return Budget(
        limit=min(other.spec.source.requests_per_minute for other in sharing),
        demand=sum(demand(other, group) for other in sharing for group in other.spec.symbol_groups),
    )


def api_key_of(feed: StockFeed) -> tuple[str, str]:
    """Which API key the feed uses."""
    reference = feed.spec.source.api_key_secret_ref
    return reference.name, reference.key


def demand(feed: StockFeed, group: SymbolGroup) -> float:
    """Requests per minute that the group would like."""
    return len(group.symbols) * 60 / parse_duration(feed.spec.interval_of(group))


def shares(feed: StockFeed, budget: Budget) -> dict[str, float]:
    """Requests per minute of each group."""
    return {group.name: demand(feed, group) * budget.factor for group in feed.spec.symbol_groups}


def effective_interval(feed: StockFeed, group: SymbolGroup, budget: Budget) -> str:
    """How often each symbol of the group can be asked for, e.g. `7500ms`."""
    wanted = feed.spec.interval_of(group)
    if not budget.exceeded:
        return wanted
    milliseconds = round(parse_duration(wanted) / budget.factor * 1000)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"
