"""Queries of Kafka, with a fake broker, and the checks of a log."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from stockfeed import kafka
from stockfeed.errors import TransientError
from stockfeed.verify.broker import Broker, check_broker, in_flight
from stockfeed.verify.facts import PartitionFacts, Window
from stockfeed.verify.findings import Kind


class Kafka:
    """A broker with one partition of ten messages, one each 100 s from the epoch on."""

    def __init__(self) -> None:
        self.names = ["quotes.us.autos", "quotes.us.", "quotes.eu.autos", "us.autos", "a.b.us.c-1"]
        self.down = False

    def list_topics(self, timeout: float) -> SimpleNamespace:
        self._answer()
        partitions = SimpleNamespace(partitions={1: None, 0: None})
        return SimpleNamespace(topics=dict.fromkeys(self.names, partitions))

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:
        self._answer()
        return 2, 10

    def offsets_for_times(
        self, places: list[TopicPartition], timeout: float
    ) -> list[TopicPartition]:
        self._answer()
        (place,) = places
        offset = -(-place.offset // 100_000)
        return [TopicPartition(place.topic, place.partition, offset if offset < 10 else -1)]

    def _answer(self) -> None:
        if self.down:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    monkeypatch.setattr(kafka, "topic_id", lambda _, name: f"id of {name}")
    return Kafka()


def broker_of(service: Kafka, prefix: str | None = None) -> Broker:
    return Broker(cast("Consumer", service), cast("AdminClient", service), prefix)


@pytest.fixture
def broker(service: Kafka) -> Broker:
    return broker_of(service)


def test_finds_topics_by_the_feeds_name(broker: Broker) -> None:
    topics = broker.topics("us")
    assert [topic.name for topic in topics] == ["a.b.us.c-1", "quotes.us.autos"]
    (first, second) = topics[1].chains
    assert (first.group, first.topic_id, first.partition) == ("autos", "id of quotes.us.autos", 0)
    assert second.partition == 1


def test_ignores_topics_with_another_prefix(service: Kafka) -> None:
    topics = broker_of(service, "a.b").topics("us")
    assert [topic.name for topic in topics] == ["a.b.us.c-1"]


def test_messages_before_the_settled_time_are_due(broker: Broker, window: Window) -> None:
    log = broker.read_log("quotes.us.autos", 0, window)
    assert (log.low, log.high, log.due, log.end) == (2, 10, 9, 10)


def test_unanswered_request_is_a_transient_error(
    broker: Broker, service: Kafka, window: Window
) -> None:
    service.down = True
    with pytest.raises(TransientError, match="no list of topics from Kafka"):
        broker.topics("us")
    with pytest.raises(TransientError, match=r"no bounds of quotes.us.autos\[0\] from Kafka"):
        broker.read_log("quotes.us.autos", 0, window)


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
def test_messages_are_landed_or_in_transit_or_found(
    complete: PartitionFacts, change: dict[str, Any], expected: list[Kind], flying: int
) -> None:
    assert complete.broker_log is not None
    facts = replace(complete, broker_log=replace(complete.broker_log, **change))
    assert [found.kind for found in check_broker(facts)] == expected
    assert in_flight(facts) == flying


def test_finds_what_retention_took_from_a_managed_topic_that_was_never_landed(
    complete: PartitionFacts,
) -> None:
    assert complete.broker_log is not None
    log = replace(complete.broker_log, low=7, managed=True)
    facts = replace(complete, head=None, intervals=(), objects=(), broker_log=log)
    lost, not_landed = check_broker(facts)
    assert (lost.kind, not_landed.kind) == (Kind.LOST, Kind.NOT_LANDED)
    assert "offsets 0 to 6" in lost.text


def test_finds_no_loss_in_a_chain_that_begins_after_the_window(complete: PartitionFacts) -> None:
    assert complete.broker_log is not None
    log = replace(complete.broker_log, low=7, due=7, managed=True)
    facts = replace(complete, head=None, intervals=(), objects=(), broker_log=log, is_landed=True)
    assert list(check_broker(facts)) == []


def test_finds_nothing_without_a_broker(complete: PartitionFacts) -> None:
    facts = replace(complete, broker_log=None)
    assert (list(check_broker(facts)), in_flight(facts)) == ([], 0)


def test_finds_a_topic_that_was_never_landed(complete: PartitionFacts) -> None:
    assert complete.broker_log is not None
    assert complete.broker_log is not None
    log = replace(complete.broker_log, low=7)
    facts = replace(complete, head=None, intervals=(), objects=(), broker_log=log)
    (found,) = check_broker(facts)
    assert found.kind is Kind.NOT_LANDED
    assert "offsets 7 to 39" in found.text
    assert in_flight(facts) == 33
