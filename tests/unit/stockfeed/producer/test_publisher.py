"""Tests of the publisher against librdkafka's mock cluster, or without a broker."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from prometheus_client import Counter, Gauge

from stockfeed.errors import ConfigurationError
from stockfeed.metrics import ProducerMetrics
from stockfeed.producer.publisher import KafkaPublisher
from stockfeed.settings import KafkaSettings

NO_BROKER = "127.0.0.1:1"
T = TypeVar("T")
Read = tuple[bytes | None, bytes | None, int]


class Publishing(Protocol):
    """Runs `main(publisher)`, closes the publisher, and returns the results of both."""

    def __call__(
        self,
        settings: KafkaSettings,
        main: Callable[[KafkaPublisher], Awaitable[T]],
        *,
        delivery_timeout: float = ...,
        flush: float = ...,
    ) -> tuple[T, int]: ...


@pytest.fixture
def topic() -> str:
    return f"quotes-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def settings(topic: str) -> Callable[..., KafkaSettings]:
    """Creates settings for a broker, with additional variables."""

    def make(bootstrap: str, **more: object) -> KafkaSettings:
        names = {
            "FEED": "us",
            "GROUP": "megacaps",
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "KAFKA_TOPIC": topic,
            **more,
        }
        environment = {f"STOCKFEED_{name}": str(value) for name, value in names.items()}
        return KafkaSettings.from_env(environment)

    return make


@pytest.fixture
def publishing(metrics: ProducerMetrics) -> Publishing:
    """Runs `main(publisher)`, closes the publisher, and returns the results of both."""

    def run(
        settings: KafkaSettings,
        main: Callable[[KafkaPublisher], Awaitable[T]],
        *,
        delivery_timeout: float = 30.0,
        flush: float = 5.0,
    ) -> tuple[T, int]:
        async def started() -> tuple[T, int]:
            publisher = KafkaPublisher(settings, metrics, delivery_timeout)
            try:
                result = await main(publisher)
            finally:
                unflushed = await asyncio.to_thread(publisher.close, flush)
            return result, unflushed

        return asyncio.run(started())

    return run


@pytest.fixture
def read(mock_kafka: str, topic: str) -> Callable[[int], list[Read]]:
    """Reads `count` messages of the topic as (key, value, timestamp)."""

    def messages(count: int) -> list[Read]:
        consumer = Consumer({"bootstrap.servers": mock_kafka, "group.id": "test"})
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, each, OFFSET_BEGINNING) for each in partitions])
        found = consumer.consume(count, timeout=10)
        consumer.close()
        return sorted((m.key(), m.value(), m.timestamp()[1]) for m in found)

    return messages


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out waiting for the condition"
        await asyncio.sleep(0.01)


def value(counter: Counter | Gauge) -> float:
    (metric,) = counter.collect()
    return float(metric.samples[0].value)


def test_acknowledged_event_is_in_the_topic_with_key_and_poll_time(
    mock_kafka: str,
    settings: Callable[..., KafkaSettings],
    publishing: Publishing,
    read: Callable[[int], list[Read]],
    metrics: ProducerMetrics,
) -> None:
    async def main(publisher: KafkaPublisher) -> list[bool]:
        return list(
            await asyncio.gather(
                publisher.publish("AAPL", b'{"c":1}', 1_713_456_789_123),
                publisher.publish("F", b'{"c":2}', 1_713_456_789_124),
            )
        )

    assert publishing(settings(mock_kafka), main) == ([True, True], 0)
    assert read(2) == [
        (b"AAPL", b'{"c":1}', 1_713_456_789_123),
        (b"F", b'{"c":2}', 1_713_456_789_124),
    ]
    assert value(metrics.published) == 2
    assert value(metrics.newest_published) == 1_713_456_789.124


def test_close_flushes_queued_events(
    mock_kafka: str,
    settings: Callable[..., KafkaSettings],
    publishing: Publishing,
    read: Callable[[int], list[Read]],
) -> None:
    async def main(publisher: KafkaPublisher) -> None:
        for number in range(50):
            publisher.publish("AAPL", b"%d" % number, 1)

    assert publishing(settings(mock_kafka), main) == (None, 0)
    assert len(read(50)) == 50


def test_reports_a_problem_until_the_topic_exists(
    mock_kafka: str,
    settings: Callable[..., KafkaSettings],
    publishing: Publishing,
    topic: str,
    metrics: ProducerMetrics,
) -> None:
    async def main(publisher: KafkaPublisher) -> None:
        assert "no broker has responded yet" in (publisher.problem() or "")
        await until(lambda: f"topic {topic!r} does not exist" in (publisher.problem() or ""))
        # The mock, like many brokers, creates a topic on the first write.
        await publisher.publish("AAPL", b"{}", 1)
        await until(lambda: publisher.problem() is None)

    publishing(settings(mock_kafka), main)


def test_deliveries_fail_without_a_broker_and_the_reason_is_reported(
    settings: Callable[..., KafkaSettings], publishing: Publishing, metrics: ProducerMetrics
) -> None:
    async def main(publisher: KafkaPublisher) -> bool:
        acknowledged = await publisher.publish("AAPL", b"{}", 1)
        await until(lambda: "brokers are down" in (publisher.problem() or ""))
        return acknowledged

    assert publishing(settings(NO_BROKER), main, delivery_timeout=0.3) == (False, 0)
    assert value(metrics.delivery_failures) == 1


def test_failed_deliveries_are_a_problem_until_one_succeeds(
    mock_kafka: str, settings: Callable[..., KafkaSettings], publishing: Publishing
) -> None:
    async def main(publisher: KafkaPublisher) -> None:
        await publisher.publish("AAPL", b"{}", 1)
        await until(lambda: publisher.problem() is None)
        assert not await publisher.publish("AAPL", b"x" * 2_000_000, 1)
        assert "deliveries fail" in (publisher.problem() or "")
        assert await publisher.publish("AAPL", b"{}", 1)
        assert publisher.problem() is None

    publishing(settings(mock_kafka), main)


def test_close_returns_the_number_of_unacknowledged_events(
    settings: Callable[..., KafkaSettings], publishing: Publishing
) -> None:
    async def main(publisher: KafkaPublisher) -> None:
        publisher.publish("AAPL", b"{}", 1)
        publisher.publish("AAPL", b"{}", 2)

    assert publishing(settings(NO_BROKER), main, flush=0.3) == (None, 2)


def test_rotated_credentials_replace_the_client_without_loss(
    mock_kafka: str,
    settings: Callable[..., KafkaSettings],
    publishing: Publishing,
    read: Callable[[int], list[Read]],
    tmp_path: Path,
) -> None:
    certificate = tmp_path / "ca.crt"
    certificate.write_text("old")

    async def main(publisher: KafkaPublisher) -> tuple[bool, bool]:
        first = publisher._client
        early = publisher.publish("AAPL", b"early", 1)
        certificate.write_text("new")
        await until(lambda: publisher._client is not first)
        late = publisher.publish("AAPL", b"late", 2)
        return await early, await late

    rotated = settings(mock_kafka, KAFKA_TLS_CA_FILE=certificate)
    assert publishing(rotated, main) == ((True, True), 0)
    assert [event for _, event, _ in read(2)] == [b"early", b"late"]


def test_unusable_certificate_is_a_configuration_error(
    settings: Callable[..., KafkaSettings], metrics: ProducerMetrics, tmp_path: Path
) -> None:
    certificate = tmp_path / "ca.crt"
    certificate.write_text("not a certificate")

    async def main() -> None:
        KafkaPublisher(
            settings(NO_BROKER, KAFKA_TLS="true", KAFKA_TLS_CA_FILE=certificate), metrics
        )

    with pytest.raises(ConfigurationError, match=r"ssl\.ca\.location"):
        asyncio.run(main())
