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
    """A topic of the feed: its name, and a chain for each of its partitions."""

    name: str
    chains: tuple[Chain, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A message: its offset, its timestamp in Unix milliseconds, and its value."""

    offset: int
    timestamp: int
    value: bytes | None


class Broker:
    """Asks Kafka; joins no group and commits nothing.

    Args:
        consumer: a client without a subscription.
        admin: another one.
        prefix: first part of the names of the feed's topics; None is any.
    """

    def __init__(self, consumer: Consumer, admin: AdminClient, prefix: str | None = None) -> None:
        self._consumer = consumer
        self._admin = admin
        self._prefix = prefix

    def topics(self, feed: str) -> list[Topic]:
        """The topics that are named as one of the feed's groups, `<prefix>.<feed>.<group>`.

        Raises:
            TransientError: no broker answered.
        """
        try:
            listed = self._admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
        except KafkaException as error:
            raise _unanswered("list of topics", error) from error
        topics = []
        for name, metadata in sorted(listed.items()):
            prefix, _, group = name.rpartition(f".{feed}.")
            if prefix and group and self._prefix in (None, prefix):
                topic_id = kafka.topic_id(self._admin, name)
                chains = (Chain(feed, group, topic_id, number) for number in metadata.partitions)
                topics.append(Topic(name, tuple(sorted(chains))))
        return topics

    def log(self, topic: str, partition: int, window: Window) -> BrokerLog:
        """What the log of a partition holds.

        Raises:
            TransientError: no broker answered.
        """
        low, high = self.bounds(topic, partition)
        place = TopicPartition(topic, partition)
        return BrokerLog(
            topic=topic,
            low=low,
            high=high,
            due=self._offset_at(place, min(window.settled, window.end), high),
            end=self._offset_at(place, window.end, high),
        )

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset that a log keeps, and the next one to be written.

        Raises:
            TransientError: no broker answered.
        """
        place = TopicPartition(topic, partition)
        try:
            bounds = self._consumer.get_watermark_offsets(place, timeout=_TIMEOUT_SECONDS)
        except KafkaException as error:
            raise _unanswered(f"bounds of {topic}[{partition}]", error) from error
        if bounds is None:
            raise TransientError(f"Kafka gave no bounds of {topic}[{partition}] in time")
        return bounds

    def messages(self, topic: str, partition: int, first: int, end: int) -> Iterator[Record]:
        """The messages from `first` up to, and without, `end`.

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
                    return  # what is left are markers of transactions, which are no messages
                first = _next(message)
                if first <= end:
                    yield Record(first - 1, message.timestamp()[1], message.value())
        finally:
            self._consumer.unassign()

    def _offset_at(self, place: TopicPartition, moment: datetime, high: int) -> int:
        """The first offset whose message is not older than a time; `high` where all are older."""
        asked = TopicPartition(place.topic, place.partition, to_milliseconds(moment))
        try:
            (found,) = self._consumer.offsets_for_times([asked], timeout=_TIMEOUT_SECONDS)
        except KafkaException as error:
            raise _unanswered(f"offset at a time of {place.topic}", error) from error
        return min(found.offset, high) if found.offset >= 0 else high


@contextmanager
def open_broker(settings: BrokerSettings) -> Iterator[Broker]:
    """Clients for a `with` block."""
    # What goes wrong is raised by the call that it keeps from answering; a log repeats it.
    shared = kafka.client_config(settings) | {"log_level": 2}
    # A consumer must name a group, and asks where that one is kept; without a subscription it never
    # joins it. So the name is one that the feed's user has a right to.
    group = consumer_group(settings.feed, "inspection")
    consumer = Consumer({**shared, "group.id": group, "enable.auto.commit": False})
    try:
        yield Broker(consumer, AdminClient(shared), settings.kafka_topic_prefix)
    finally:
        consumer.close()


def _next(message: Message) -> int:
    error, offset = message.error(), message.offset()
    if error is not None or offset is None:
        raise TransientError(f"no message from Kafka: {error}")
    return offset + 1


def _unanswered(what: str, error: KafkaException) -> TransientError:
    return TransientError(f"no {what} from Kafka: {error}")


def check_broker(facts: PartitionFacts) -> Iterator[Finding]:
    """Messages that were not landed in time, or not at all, and a log that was cut."""
    log, end = facts.log, landed_end(facts)
    if log is None:
        return
    if end is None:
        end = log.low
    if end > log.high:
        yield Finding(
            Kind.TRUNCATED_LOG,
            f"offsets up to {end - 1} are landed, but Kafka's log of {log.topic} ends at "
            f"{log.high}",
        )
    if end < log.low:
        yield Finding(
            Kind.LOST,
            f"offsets {end} to {log.low - 1} are not landed, and Kafka's retention has removed "
            "them",
        )
    first = max(end, log.low)
    if first < log.due:
        yield Finding(
            Kind.NOT_LANDED,
            f"offsets {first} to {log.due - 1} of {log.topic} are acknowledged and not landed",
        )


def in_flight(facts: PartitionFacts) -> int:
    """Messages in the window that Kafka has and no object holds, settled or not."""
    log = facts.log
    if log is None:
        return 0
    end = landed_end(facts)
    return max(0, log.end - max(log.low if end is None else end, log.low))
