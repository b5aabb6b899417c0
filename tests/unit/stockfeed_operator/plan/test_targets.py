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


def test_the_older_feed_keeps_the_target() -> None:
    old, young = _feed("b", 1), _feed("a", 2)
    assert find_holder(old, [young]) is None
    assert find_holder(young, [old]) == old


def test_of_feeds_of_one_second_the_name_decides() -> None:
    first, second = _feed("a", 1), _feed("b", 1)
    assert find_holder(first, [second]) is None
    assert find_holder(second, [first]) == first


@pytest.mark.parametrize(
    ("other", "taken"),
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
def test_what_a_target_is(other: dict[str, Any], taken: bool) -> None:
    old, young = _feed("old", 1), _feed("young", 2, **other)
    assert (find_holder(young, [old]) is not None) is taken


def test_a_refused_feed_holds_nothing() -> None:
    oldest = _feed("a", 1, schema="ONE", dbt={"schema": "G1"})
    refused = _feed("b", 2, schema="ONE", dbt={"schema": "G2"})
    third = _feed("c", 3, schema="TWO", dbt={"schema": "G2"})
    assert find_holder(refused, [oldest, third]) == oldest
    assert find_holder(third, [oldest, refused]) is None
