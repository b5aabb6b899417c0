"""Access to the topic as a member of its consumer group, with confluent-kafka."""

from typing import cast

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from stockfeed import kafka
from stockfeed.consumer.topic import Commit, Record
from stockfeed.errors import ConfigurationError, StockfeedError, TransientError
from stockfeed.settings import ConsumerSettings

_log = structlog.get_logger(__name__)

_BROKER_TIMEOUT_SECONDS = 5.0
# A killed consumer's partitions are reassigned after this time. A broker's restart takes less.
_SESSION_TIMEOUT_MS = 10_000
_QUEUE_KBYTES = 32 * 1024

_OUT_OF_RANGE = frozenset({"_AUTO_OFFSET_RESET", "OFFSET_OUT_OF_RANGE", "_LOG_TRUNCATION"})
_DENIED = frozenset(
    {
        "TOPIC_AUTHORIZATION_FAILED",
        "GROUP_AUTHORIZATION_FAILED",
        "SASL_AUTHENTICATION_FAILED",
        "_AUTHENTICATION",
    }
)


class OutOfRangeError(StockfeedError):
    """The next offset is not in the log, so the start position must be determined again."""


class KafkaTopic:
    """A topic in Kafka; implements `stockfeed.consumer.topic.Topic`.

    Args:
        settings: brokers, topic and consumer group.

    Attributes:
        name: the topic's name.
        consumer: the confluent-kafka client.
    """

    def __init__(self, settings: ConsumerSettings) -> None:
        shared = kafka.client_config(settings)
        self.name = settings.kafka_topic
        self.consumer = Consumer(
            {
                **shared,
                "group.id": settings.kafka_consumer_group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                # The bucket determines where to start. An automatic reset would skip or repeat
                # messages.
                "auto.offset.reset": "error",
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": _SESSION_TIMEOUT_MS,
                "queued.max.messages.kbytes": _QUEUE_KBYTES,
                "on_commit": _log_failed_commit,
            }
        )
        self._admin = AdminClient(shared)

    def read(self, count: int, seconds: float) -> list[Record]:
        """Returns up to `count` messages, waiting at most `seconds`.

        Raises:
            OutOfRangeError: the next offset is not in the log.
            ConfigurationError: the broker denies access, or the client failed permanently.
        """
        messages = self.consumer.consume(count, seconds)
        if any(message.error() for message in messages):
            messages = [message for message in messages if not _is_client_event(message)]
        # Only client events, which were removed above, may lack a partition or an offset.
        return cast("list[Record]", messages)

    def topic_id(self) -> str:
        """See `Topic`."""
        return kafka.topic_id(self._admin, self.name)

    def committed(self, partition: int) -> Commit | None:
        """See `Topic`."""
        try:
            (found,) = self.consumer.committed(
                [TopicPartition(self.name, partition)], timeout=_BROKER_TIMEOUT_SECONDS
            )
        except KafkaException as error:
            raise self._query_error("committed offset", partition, error) from error
        # A commit without a key was reset manually. It is ignored, so that the bucket decides.
        return (
            Commit(found.offset, found.metadata) if found.offset >= 0 and found.metadata else None
        )

    def bounds(self, partition: int) -> tuple[int, int]:
        """See `Topic`."""
        try:
            bounds = self.consumer.get_watermark_offsets(
                TopicPartition(self.name, partition), timeout=_BROKER_TIMEOUT_SECONDS
            )
        except KafkaException as error:
            raise self._query_error("log bounds", partition, error) from error
        if bounds is None:
            raise TransientError(f"{self.name}[{partition}]: timed out waiting for the log bounds")
        return bounds

    def commit(self, partition: int, commit: Commit, *, wait: bool) -> None:
        """See `Topic`."""
        position = TopicPartition(self.name, partition, commit.offset, metadata=commit.key)
        try:
            if wait:
                self.consumer.commit(offsets=[position], asynchronous=False)
            else:
                self.consumer.commit(offsets=[position], asynchronous=True)
        except KafkaException as error:
            _log.info("commit failed", partition=partition, error=str(error))

    def pause(self, partition: int) -> None:
        """See `Topic`."""
        self.consumer.pause([TopicPartition(self.name, partition)])

    def resume(self, partition: int) -> None:
        """See `Topic`."""
        self.consumer.resume([TopicPartition(self.name, partition)])

    def _query_error(self, value: str, partition: int, error: KafkaException) -> TransientError:
        return TransientError(f"{self.name}[{partition}]: cannot get the {value}: {error}")


def _is_client_event(message: Message) -> bool:
    """Returns whether the message is a client event instead of data; logs minor errors.

    Raises:
        OutOfRangeError: the next offset is not in the log.
        ConfigurationError: the broker denies access, or the client failed permanently.
    """
    error = message.error()
    if error is None:
        return False
    text = f"{message.topic()}[{message.partition()}]: {error.str()}"
    if error.name() in _OUT_OF_RANGE:
        raise OutOfRangeError(text)
    if error.fatal() or error.name() in _DENIED:
        raise ConfigurationError(f"Kafka client cannot continue: {text}")
    _log.warning("Kafka client error", error=text)
    return True


def _log_failed_commit(error: KafkaError | None, _: list[TopicPartition]) -> None:
    if error is not None:
        _log.info("commit failed", error=error.str())
