from dataclasses import replace

import pytest

from stockfeed.verify.findings import Kind
from stockfeed.verify.log import check_log, in_flight


@pytest.mark.parametrize(
    ("change", "expected", "flying"),
    [
        ({}, [], 0),
        ({"high": 45, "end": 45}, [], 5),
        ({"high": 45, "end": 43}, [], 3),
        ({"high": 45, "end": 45, "due": 42}, [Kind.NOT_LANDED], 5),
        ({"high": 39, "end": 39, "due": 39}, [Kind.TRUNCATED_LOG], 0),
        ({"low": 40}, [], 0),
        ({"low": 41, "high": 45, "end": 45, "due": 41}, [Kind.LOST], 4),
        ({"low": 41, "high": 45, "end": 45, "due": 45}, [Kind.LOST, Kind.NOT_LANDED], 4),
    ],
)
def test_what_kafka_has_is_landed_or_on_its_way(complete, change, expected, flying):
    facts = replace(complete, log=replace(complete.log, **change))
    assert [found.kind for found in check_log(facts)] == expected
    assert in_flight(facts) == flying


def test_without_a_broker_nothing_is_said(complete):
    facts = replace(complete, log=None)
    assert (list(check_log(facts)), in_flight(facts)) == ([], 0)


def test_a_topic_of_which_nothing_was_landed(complete):
    log = replace(complete.log, low=7)
    facts = replace(complete, head=None, intervals=(), objects=(), log=log)
    (found,) = check_log(facts)
    assert found.kind is Kind.NOT_LANDED
    assert "offsets 7 to 39" in found.text
    assert in_flight(facts) == 33
