"""What the model works out of a feed."""

from typing import Any

import pytest

from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.validate import check
from support.crd.table import merged, schema_cases

SMALLEST = next(case.feed for case in schema_cases() if case.valid)


def feed(**spec: Any) -> StockFeed:
    return check(merged(SMALLEST, {"spec": spec}))


@pytest.mark.parametrize(
    ("kafka", "bootstrap", "ca"),
    [
        ({}, "stocks-kafka-bootstrap:9092", None),
        ({"tls": {}}, "stocks-kafka-bootstrap:9093", "stocks-cluster-ca-cert"),
        ({"tls": {"caSecretRef": {"name": "own"}}}, "stocks-kafka-bootstrap:9093", "own"),
        ({"cluster": None, "bootstrapServers": "a:1,b:2", "tls": {}}, "a:1,b:2", None),
    ],
)
def test_address_and_authority_of_kafka(
    kafka: dict[str, Any], bootstrap: str, ca: str | None
) -> None:
    found = feed(kafka=kafka).spec.kafka
    assert found.bootstrap == bootstrap
    assert (None if found.ca is None else found.ca.name) == ca


def test_a_group_may_have_an_interval_of_its_own() -> None:
    groups = [
        {"name": "a", "symbols": ["F"], "pollInterval": "12s"},
        {"name": "b", "symbols": ["GM"]},
    ]
    spec = feed(symbolGroups=groups).spec
    assert [spec.interval_of(group) for group in spec.symbol_groups] == ["12s", "6s"]


def test_symbols_are_counted_over_all_groups() -> None:
    assert feed().spec.symbols == 4


def test_a_feed_survives_the_way_to_json_and_back() -> None:
    for case in schema_cases():
        if case.valid:
            typed = check(case.feed)
            assert check(typed.to_object()) == typed
