"""Derived properties of the feed model."""

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
def test_kafka_bootstrap_address_and_ca(
    kafka: dict[str, Any], bootstrap: str, ca: str | None
) -> None:
    found = feed(kafka=kafka).spec.kafka
    assert found.bootstrap == bootstrap
    assert (None if found.ca is None else found.ca.name) == ca


def test_group_interval_overrides_the_source_interval() -> None:
    groups = [
        {"name": "a", "symbols": ["F"], "pollInterval": "12s"},
        {"name": "b", "symbols": ["GM"]},
    ]
    spec = feed(symbolGroups=groups).spec
    assert [spec.interval_of(group) for group in spec.symbol_groups] == ["12s", "6s"]


def test_counts_symbols_of_all_groups() -> None:
    assert feed().spec.symbols == 4


def test_feed_survives_a_round_trip_through_json() -> None:
    for case in schema_cases():
        if case.valid:
            typed = check(case.feed)
            assert check(typed.to_object()) == typed
