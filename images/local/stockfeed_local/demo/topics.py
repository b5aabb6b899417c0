"""Counts what the producers published, independently of them: by the broker's own offsets."""

import time

from confluent_kafka import Consumer, TopicPartition

from stockfeed.errors import TransientError

_BROKER_SECONDS = 10.0
_TOPIC_PAUSE_SECONDS = 0.1


class PublishedCounter:
    """Messages in the demo's topics, by the brokers' own offsets.

    Args:
        bootstrap: address of the Kafka.
        topics: that the demo publishes to.

    Raises:
        TransientError: the broker does not tell of a topic in time.
    """

    def __init__(self, bootstrap: str, topics: list[str]) -> None:
        self._client = Consumer({"bootstrap.servers": bootstrap, "group.id": "stockfeed-demo"})
        self._partitions = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in self._numbers(topic)
        ]

    def _numbers(self, topic: str) -> list[int]:
        # A broker may have made a topic and not yet tell of it.
        deadline = time.monotonic() + _BROKER_SECONDS
        while time.monotonic() < deadline:
            found = self._client.list_topics(timeout=_BROKER_SECONDS).topics.get(topic)
            if found is not None and found.partitions:
                return list(found.partitions)
            time.sleep(_TOPIC_PAUSE_SECONDS)
        raise TransientError(f"Kafka does not tell of topic {topic} within {_BROKER_SECONDS:g} s")

    @property
    def partitions(self) -> int:
        """Partitions of each topic."""
        return len({partition.partition for partition in self._partitions})

    def count(self) -> int:
        """Messages published so far, those that retention removed included."""
        total = 0
        for partition in self._partitions:
            bounds = self._client.get_watermark_offsets(partition, timeout=_BROKER_SECONDS)
            total += bounds[1] if bounds else 0
        return total

    def close(self) -> None:
        """Ends the client."""
        self._client.close()
