"""The broker: reads each partition's log from Kafka, and checks that all of it was landed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from stockfeed import kafka
from stockfeed.contract.objects import Chain
from stockfeed.contract.times import to_milliseconds
from stockfeed.contract.topics import consumer_group
from stockfeed.errors import TransientError
from stockfeed.settings import BrokerSettings
from stockfeed.verify.bucket import landed_end
from stockfeed.verify.facts import BrokerLog, PartitionFacts, Window
from stockfeed.verify.findings import Finding, Kind

_TIMEOUT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the feed: its name, and the chain of each partition."""

    name: str
    chains: tuple[Chain, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka message: offset, timestamp in Unix milliseconds, value."""

    offset: int
    timestamp: int
    value: bytes | None


class Broker:
    """Reads from Kafka without joining a consumer group or committing offsets.

    Args:
        consumer: a client without a subscription.
        admin: an admin client.
        prefix: the first part of the feed's topic names; None accepts any.
        managed: whether the operator created the feed's topics.
    """

    def __init__(
        self,
        consumer: Consumer,
        admin: AdminClient,
        prefix: str | None = None,
        *,
        managed: bool = False,
    ) -> None:
        self._consumer = consumer
        self._admin = admin
        self._prefix = prefix
        self._managed = managed

    def topics(self, feed: str) -> list[Topic]:
        """Returns the feed's topics, which are named `<prefix>.<feed>.<group>`.

        Raises:
            TransientError: the broker did not answer.
        """
        try:
            listed = self._admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
        except KafkaException as error:
            raise _no_answer("list of topics", error) from error
        topics = []
        for name, metadata in sorted(listed.items()):
            prefix, _, group = name.rpartition(f".{feed}.")
            if prefix and group and self._prefix in (None, prefix):
                topic_id = kafka.topic_id(self._admin, name)
                chains = (Chain(feed, group, topic_id, number) for number in metadata.partitions)
                topics.append(Topic(name, tuple(sorted(chains))))
        return topics

    def read_log(self, topic: str, partition: int, window: Window) -> BrokerLog:
        """Returns the bounds of a partition's log, and the window's offsets in it.

        Raises:
            TransientError: the broker did not answer.
        """
        low, high = self.bounds(topic, partition)
        place = TopicPartition(topic, partition)
        return BrokerLog(
            topic=topic,
            low=low,
            high=high,
            due=self._offset_at(place, min(window.settled, window.end), high),
            end=self._offset_at(place, window.end, high),
            managed=self._managed,
        )

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """Returns the first offset still in a log, and the next one to be written.

        Raises:
            TransientError: the broker did not answer.
        """
        place = TopicPartition(topic, partition)
        try:
            bounds = self._consumer.get_watermark_offsets(place, timeout=_TIMEOUT_SECONDS)
        except KafkaException as error:
            raise _no_answer(f"bounds of {topic}[{partition}]", error) from error
        if bounds is None:
            raise TransientError(f"Kafka did not return the bounds of {topic}[{partition}] in time")
        return bounds

    def messages(self, topic: str, partition: int, first: int, end: int) -> Iterator[Record]:
        """Yields the messages from offset `first` up to, but not including, `end`.

        Raises:
            TransientError: the broker stopped answering.
        """
        if first >= end:
            return
        self._consumer.assign([TopicPartition(topic, partition, first)])
        try:
            while first < end:
                message = self._consumer.poll(_TIMEOUT_SECONDS)
                if message is None:
                    return  # the rest are transaction markers, which are not delivered as messages
                first = _next(message)
                if first <= end:
                    yield Record(first - 1, message.timestamp()[1], message.value())
        finally:
            self._consumer.unassign()

    def _offset_at(self, place: TopicPartition, moment: datetime, high: int) -> int:
        """Returns the first offset with a message at or after a time; `high` if there is none."""
        query = TopicPartition(place.topic, place.partition, to_milliseconds(moment))
        try:
            (found,) = self._consumer.offsets_for_times([query], timeout=_TIMEOUT_SECONDS)
        except KafkaException as error:
            raise _no_answer(f"offset by time of {place.topic}", error) from error
        return min(found.offset, high) if found.offset >= 0 else high


@contextmanager
def open_broker(settings: BrokerSettings) -> Iterator[Broker]:
    """Opens clients for a `with` block."""
    # Errors are raised by the calls that fail, so librdkafka logs only critical conditions.
    shared = kafka.client_config(settings) | {"log_level": 2}
    # librdkafka requires a group id and looks up the group's coordinator, but without a
    # subscription it never joins. The name is one that the feed's user is authorized for.
    group = consumer_group(settings.feed, "inspection")
    consumer = Consumer({**shared, "group.id": group, "enable.auto.commit": False})
    try:
        yield Broker(
            consumer,
            AdminClient(shared),
            settings.kafka_topic_prefix,
            managed=settings.kafka_topic_managed,
        )
    finally:
        consumer.close()


def _next(message: Message) -> int:
    error, offset = message.error(), message.offset()
    if error is not None or offset is None:
        raise TransientError(f"no message from Kafka: {error}")
    return offset + 1


def _no_answer(what: str, error: KafkaException) -> TransientError:
    return TransientError(f"no {what} from Kafka: {error}")


def check_broker(facts: PartitionFacts) -> Iterator[Finding]:
    """Yields messages that are not landed although they are settled, and a truncated log."""
    log, end = facts.broker_log, landed_end(facts)
    if log is None:
        return
    if end is None:
        # As in `stockfeed.consumer.start`: only a managed topic's messages are the feed's from
        # offset 0 on. A chain with objects only after the window is complete up to here.
        end = 0 if log.managed and not facts.is_landed else log.low
    if end > log.high:
        yield Finding(
            Kind.TRUNCATED_LOG,
            f"offsets up to {end - 1} are landed, but Kafka's log of {log.topic} ends at "
            f"{log.high}",
        )
    if end < log.low:
        yield Finding(
            Kind.LOST,
            f"offsets {end} to {log.low - 1} were not landed before Kafka's retention removed them",
        )
    first = max(end, log.low)
    if first < log.due:
        yield Finding(
            Kind.NOT_LANDED,
            f"offsets {first} to {log.due - 1} of {log.topic} are in Kafka, but not landed",
        )


def in_flight(facts: PartitionFacts) -> int:
    """Counts the window's messages in Kafka that no object holds, settled or not."""
    log = facts.broker_log
    if log is None:
        return 0
    end = landed_end(facts)
    return max(0, log.end - max(log.low if end is None else end, log.low))
