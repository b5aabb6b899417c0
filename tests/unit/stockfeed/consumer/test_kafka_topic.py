"""Tests how errors returned by the Kafka client among messages are handled."""

from typing import Any, cast

import pytest
from confluent_kafka import KafkaError
from structlog.testing import capture_logs

from stockfeed.consumer.kafka_topic import KafkaTopic, OutOfRangeError
from stockfeed.errors import ConfigurationError


class Message:
    """A fake message; confluent_kafka.Message cannot be constructed in Python."""

    def __init__(self, code: int | None = None) -> None:
        self._error = None if code is None else KafkaError(code)

    def error(self) -> KafkaError | None:
        return self._error

    def topic(self) -> str:
        return "quotes"

    def partition(self) -> int:
        return 1


class Consumer:
    def __init__(self, *messages: Message) -> None:
        self._messages = list(messages)

    def consume(self, _count: int, _seconds: float) -> list[Message]:
        return self._messages


def topic_returning(*messages: Message) -> KafkaTopic:
    topic = KafkaTopic.__new__(KafkaTopic)
    topic.consumer = cast("Any", Consumer(*messages))
    return topic


def test_logs_and_skips_minor_client_errors() -> None:
    message: Any = Message()
    topic = topic_returning(Message(KafkaError._TRANSPORT), message)
    with capture_logs() as logged:
        assert topic.read(10, 0.1) == [message]
    (line,) = logged
    assert line["event"] == "Kafka client error"
    assert line["error"].startswith("quotes[1]: ")


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        (KafkaError.OFFSET_OUT_OF_RANGE, OutOfRangeError),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, ConfigurationError),
    ],
)
def test_raises_errors_that_end_the_session(code: int, raised: type[Exception]) -> None:
    with pytest.raises(raised, match=r"quotes\[1\]"):
        topic_returning(Message(code)).read(10, 0.1)
