"""What Kafka's client says beside messages is logged and passed over, or acted on."""

import pytest
from confluent_kafka import KafkaError
from structlog.testing import capture_logs

from stockfeed.consumer.kafka_topic import KafkaTopic, OutOfRangeError
from stockfeed.errors import ConfigurationError


class Message:
    """Only Kafka's client makes real ones."""

    def __init__(self, code=None):
        self._error = None if code is None else KafkaError(code)

    def error(self):
        return self._error

    def topic(self):
        return "quotes"

    def partition(self):
        return 1


class Consumer:
    def __init__(self, *messages):
        self._messages = list(messages)

    def consume(self, _count, _seconds):
        return self._messages


def log_of(*messages):
    log = KafkaTopic.__new__(KafkaTopic)
    log.consumer = Consumer(*messages)
    return log


def test_what_the_client_only_tells_is_logged_and_passed_over():
    message = Message()
    log = log_of(Message(KafkaError._TRANSPORT), message)
    with capture_logs() as logged:
        assert log.read(10, 0.1) == [message]
    (line,) = logged
    assert line["event"] == "from Kafka"
    assert line["error"].startswith("quotes[1]: ")


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        (KafkaError.OFFSET_OUT_OF_RANGE, OutOfRangeError),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, ConfigurationError),
    ],
)
def test_what_must_be_acted_on_is_raised(code, raised):
    with pytest.raises(raised, match=r"quotes\[1\]"):
        log_of(Message(code)).read(10, 0.1)
