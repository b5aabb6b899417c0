"""Request budgets: how feeds that use the same API key share its rate limit.

A key's budget is the smallest `requestsPerMinute` among the active feeds in a namespace that use
it. If the total demand fits the budget, every group gets its demand; otherwise all groups are
slowed down by the same factor.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stockfeed.contract.durations import parse_duration
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.source import SymbolGroup


@dataclass(frozen=True, slots=True)
class Budget:
    """An API key's budget and demand, in requests per minute.

    Attributes:
        limit: the key's budget.
        demand: the total demand of all groups of all active feeds that use the key.
    """

    limit: float
    demand: float

    @property
    def exceeded(self) -> bool:
        """Whether the demand is greater than the budget, apart from rounding."""
        return self.demand > self.limit + 0.001

    @property
    def factor(self) -> float:
        """The factor by which each demand is reduced; above 0, at most 1."""
        return self.limit / self.demand if self.exceeded else 1.0


def budget_of(feed: StockFeed, active: Iterable[StockFeed]) -> Budget:
    """Returns the budget of the feed's API key.

    Args:
        feed: the feed; its demand is included even if it is not active.
        active: the active feeds in its namespace, whichever key they use.
    """
    others = [other for other in active if other.metadata.name != feed.metadata.name]
    sharing = [feed, *(other for other in others if api_key_of(other) == api_key_of(feed))]
    return Budget(
        limit=min(other.spec.source.requests_per_minute for other in sharing),
        demand=sum(demand(other, group) for other in sharing for group in other.spec.symbol_groups),
    )


def api_key_of(feed: StockFeed) -> tuple[str, str]:
    """Returns the Secret name and key of the feed's API key."""
    reference = feed.spec.source.api_key_secret_ref
    return reference.name, reference.key


def demand(feed: StockFeed, group: SymbolGroup) -> float:
    """Returns the requests per minute that the group needs for its poll interval."""
    return len(group.symbols) * 60 / parse_duration(feed.spec.interval_of(group))


def shares(feed: StockFeed, budget: Budget) -> dict[str, float]:
    """Returns each group's share of the budget in requests per minute, by group name."""
    return {group.name: demand(feed, group) * budget.factor for group in feed.spec.symbol_groups}


def effective_interval(feed: StockFeed, group: SymbolGroup, budget: Budget) -> str:
    """Returns the poll interval that the budget allows the group, e.g. `7500ms`."""
    wanted = feed.spec.interval_of(group)
    if not budget.exceeded:
        return wanted
    milliseconds = round(parse_duration(wanted) / budget.factor * 1000)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"
