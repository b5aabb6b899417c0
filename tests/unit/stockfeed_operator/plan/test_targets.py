from typing import Any

import pytest

from stockfeed_operator.plan.targets import find_holder
from stockfeed_operator.spec.feed import StockFeed
from support.inmemory.feeds import feed


def _feed(name: str, day: int, **warehouse: Any) -> StockFeed:
    made = feed(name, warehouse=warehouse)
    metadata = made.metadata.model_copy(
        update={"creation_timestamp": f"2026-01-{day:02d}T00:00:00Z"}
    )
    return made.model_copy(update={"metadata": metadata})


def test_the_older_feed_holds_the_target() -> None:
    old, young = _feed("b", 1), _feed("a", 2)
    assert find_holder(old, [young]) is None
    assert find_holder(young, [old]) == old


def test_the_name_decides_between_feeds_created_in_the_same_second() -> None:
    first, second = _feed("a", 1), _feed("b", 1)
    assert find_holder(first, [second]) is None
    assert find_holder(second, [first]) == first


@pytest.mark.parametrize(
    ("other", "conflict"),
    [
        ({"schema": "RAW2", "dbt": {"schema": "GOLD2"}}, False),
        ({"schema": "raw", "dbt": {"schema": "GOLD2"}}, True),
        ({"schema": "RAW2"}, True),
        ({"schema": "RAW2", "dbt": {"enabled": False}}, False),
        ({"database": "OTHER"}, False),
        ({"database": "stocks"}, True),
        ({"credentialsSecretRef": {"name": "other-account"}}, False),
        ({"schema": "ANALYTICS", "dbt": {"schema": "GOLD2"}}, True),
    ],
)
def test_feeds_conflict_if_they_share_a_schema(other: dict[str, Any], conflict: bool) -> None:
    old, young = _feed("old", 1), _feed("young", 2, **other)
    assert (find_holder(young, [old]) is not None) is conflict


def test_a_blocked_feed_holds_no_target() -> None:
    oldest = _feed("a", 1, schema="ONE", dbt={"schema": "G1"})
    blocked = _feed("b", 2, schema="ONE", dbt={"schema": "G2"})
    third = _feed("c", 3, schema="TWO", dbt={"schema": "G2"})
    assert find_holder(blocked, [oldest, third]) == oldest
    assert find_holder(third, [oldest, blocked]) is None
