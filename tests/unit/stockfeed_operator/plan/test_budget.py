import pytest

from stockfeed_operator.plan.budget import Budget, budget_of, effective_interval, shares
from stockfeed_operator.plan.budget import demand as demand_of
from stockfeed_operator.spec.feed import StockFeed
from support.inmemory.feeds import feed


def _feed(
    name: str, limit: int, symbols: int, interval: str = "6s", key: str = "token"
) -> StockFeed:
    return feed(
        name,
        source={
            "apiKeySecretRef": {"name": "finnhub", "key": key},
            "requestsPerMinute": limit,
            "pollInterval": interval,
        },
        symbolGroups=[{"name": "all", "symbols": [f"S{number}" for number in range(symbols)]}],
    )


def test_a_single_feed_gets_its_full_demand() -> None:
    one = feed()
    budget = budget_of(one, [one])
    assert not budget.exceeded
    assert shares(one, budget) == {"megacaps": 20, "autos": 20}


def test_demand_uses_the_poll_interval_of_the_group() -> None:
    one = feed(
        symbolGroups=[
            {"name": "fast", "symbols": ["A"], "pollInterval": "2s"},
            {"name": "slow", "symbols": ["B", "C"], "pollInterval": "1m"},
        ]
    )
    assert shares(one, budget_of(one, [])) == {"fast": 30, "slow": 2}


def test_feeds_with_the_same_key_share_the_smallest_limit_in_proportion() -> None:
    big, small = _feed("big", 120, 9), _feed("small", 60, 3)
    budget = budget_of(big, [big, small])
    assert budget == Budget(limit=60, demand=120)
    assert shares(big, budget) == {"all": 45}
    assert shares(small, budget_of(small, [big, small])) == {"all": 15}
    assert sum((*shares(big, budget).values(), *shares(small, budget).values())) == budget.limit


@pytest.mark.parametrize("other", [_feed("other", 60, 6, key="second"), _feed("us", 60, 6)])
def test_ignores_feeds_with_another_key_and_does_not_count_the_feed_twice(other: StockFeed) -> None:
    one = _feed("us", 60, 6)
    assert not budget_of(one, [other]).exceeded


@pytest.mark.parametrize(
    ("interval", "limit", "demand", "effective"),
    [
        ("6s", 60, 60, "6s"),
        ("6s", 60, 120, "12s"),
        ("6s", 60, 80, "8s"),
        ("500ms", 60, 90, "750ms"),
        ("1m", 30, 45, "90s"),
    ],
)
def test_effective_interval_is_lengthened_by_the_budget(
    interval: str, limit: int, demand: int, effective: str
) -> None:
    one = _feed("us", 1000, 1, interval)
    (group,) = one.spec.symbol_groups
    assert effective_interval(one, group, Budget(limit, demand)) == effective


def test_demand_is_requests_per_minute() -> None:
    one = _feed("us", 1000, 7, "500ms")
    assert demand_of(one, one.spec.symbol_groups[0]) == 840
