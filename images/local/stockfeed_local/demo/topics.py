"""Counts published messages by the broker's offsets, independently of the producers."""

import time

from confluent_kafka import Consumer, TopicPartition

from stockfeed.errors import TransientError

_BROKER_SECONDS = 10.0
_TOPIC_PAUSE_SECONDS = 0.1


class PublishedCounter:
    """Counts the messages in the demo's topics.

    Args:
        bootstrap: Address of Kafka as `HOST:PORT`.
        topics: Topics to count.

    Raises:
        TransientError: A topic is not in the broker's metadata within 10 s.
    """

    def __init__(self, bootstrap: str, topics: list[str]) -> None:
        self._client = Consumer({"bootstrap.servers": bootstrap, "group.id": "stockfeed-demo"})
        self._partitions = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in self._partition_numbers(topic)
        ]

    def _partition_numbers(self, topic: str) -> list[int]:
        # A topic that was just created may be missing from the broker's metadata for a moment.
        deadline = time.monotonic() + _BROKER_SECONDS
        while time.monotonic() < deadline:
            found = self._client.list_topics(timeout=_BROKER_SECONDS).topics.get(topic)
            if found is not None and found.partitions:
                return list(found.partitions)
            time.sleep(_TOPIC_PAUSE_SECONDS)
        raise TransientError(
            f"topic {topic} is not in Kafka's metadata after {_BROKER_SECONDS:g} s"
        )

    @property
    def partitions(self) -> int:
        """Number of partitions of each topic."""
        return len({partition.partition for partition in self._partitions})

    def count(self) -> int:
        """Returns the messages published so far, including those deleted by retention."""
        total = 0
        for partition in self._partitions:
            bounds = self._client.get_watermark_offsets(partition, timeout=_BROKER_SECONDS)
            total += bounds[1] if bounds else 0
        return total

    def close(self) -> None:
        """Closes the Kafka client."""
        self._client.close()
