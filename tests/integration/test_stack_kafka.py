"""Talks to the local brokers with the client library of the pipeline."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicCollection
from confluent_kafka.admin import AdminClient

from stockfeed_local.stack.broker import Broker, ExternalKafka
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.kafka_choice import choose_kafka
from stockfeed_local.stack.mock_kafka import MockKafka
from stockfeed_local.stack.service import ServiceError


def produce(broker: Broker, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": broker.endpoint, "enable.idempotence": True})
    for value in values:
        producer.produce(topic, value, key=b"AAPL")
    assert producer.flush(30) == 0


def consume(broker: Broker, topic: str, count: int) -> list[bytes | None]:
    settings = {"bootstrap.servers": broker.endpoint, "group.id": "g"}
    consumer = Consumer({**settings, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        return [message.value() for message in consumer.consume(count, timeout=30)]
    finally:
        consumer.close()


def topic_id(broker: Broker, topic: str) -> str:
    admin = AdminClient({"bootstrap.servers": broker.endpoint})
    description = admin.describe_topics(TopicCollection([topic]))[topic].result(10)
    return str(description.topic_id)


def test_apache_kafka_returns_produced_messages(kafka: JavaKafka, kafka_topic: str) -> None:
    produce(kafka, kafka_topic, [b"1", b"2", b"3"])

    assert consume(kafka, kafka_topic, 3) == [b"1", b"2", b"3"]


def test_recreated_topic_has_a_different_id(kafka: JavaKafka) -> None:
    kafka.create_topic("recreated", partitions=1)
    before = topic_id(kafka, "recreated")
    admin = AdminClient({"bootstrap.servers": kafka.endpoint})
    admin.delete_topics(["recreated"])["recreated"].result(10)

    kafka.create_topic("recreated", partitions=1)

    assert topic_id(kafka, "recreated") != before


def test_creating_an_existing_topic_does_nothing(kafka: JavaKafka, kafka_topic: str) -> None:
    before = topic_id(kafka, kafka_topic)

    kafka.create_topic(kafka_topic, partitions=1)

    assert topic_id(kafka, kafka_topic) == before


def test_rejected_topic_raises_error_with_its_name(kafka: JavaKafka) -> None:
    with pytest.raises(ServiceError, match="cannot create topic a/b"):
        kafka.create_topic("a/b", partitions=1)


def test_apache_kafka_keeps_data_and_address_across_a_restart(tmp_path: Path) -> None:
    with JavaKafka(tmp_path / "data", tmp_path / "logs") as broker:
        broker.create_topic("kept", partitions=1)
        produce(broker, "kept", [b"1"])
        address = broker.endpoint
        broker.stop()

        broker.start()

        assert broker.endpoint == address
        assert consume(broker, "kept", 1) == [b"1"]


def test_mock_serves_other_processes(tmp_path: Path) -> None:
    with MockKafka(tmp_path / "data", tmp_path / "logs") as broker:
        broker.create_topic("quotes", partitions=4)
        produce(broker, "quotes", [b"1", b"2"])

        assert consume(broker, "quotes", 2) == [b"1", b"2"]


def test_external_kafka_is_left_running(kafka: JavaKafka, tmp_path: Path) -> None:
    choice = choose_kafka(kafka.endpoint, tmp_path, tmp_path)

    with choice.broker as external:
        assert external.endpoint == kafka.endpoint

    assert kafka.process.alive


def test_address_without_kafka_raises_error() -> None:
    with pytest.raises(ServiceError, match=r"no response from Kafka at 127\.0\.0\.1:9"):
        ExternalKafka("127.0.0.1:9", timeout=0.5).start()


def test_auto_chooses_apache_kafka_if_it_can_run(kafka: JavaKafka, tmp_path: Path) -> None:
    choice = choose_kafka("auto", tmp_path, tmp_path)

    assert isinstance(choice.broker, JavaKafka)
    assert choice.fallback_reason is None
