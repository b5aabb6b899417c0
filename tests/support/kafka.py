"""What a consumer group has committed, asked of the broker from outside the group."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

_TIMEOUT_SECONDS = 10
# Codes of a broker that is still electing the group's coordinator, or loading its offsets.
_NO_COORDINATOR_YET = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)


@dataclass(frozen=True)
class Committed:
    """A group's commit in one partition.

    Attributes:
        offset: the next offset to read; negative if nothing is committed.
        metadata: the text committed with it; None if there is none.
        end: the offset after the partition's last message.
    """

    offset: int
    metadata: str | None
    end: int


def committed(
    bootstrap: str, group: str, topic: str, partitions: int
) -> dict[int, Committed] | None:
    """Returns the group's commits by partition; None while the group has no coordinator.

    It uses a consumer's OffsetFetch. `AdminClient.list_consumer_group_offsets` of confluent-kafka
    2.16.1 was seen to crash the process when the coordinator was still loading.
    """
    requested = [TopicPartition(topic, number) for number in range(partitions)]
    with _client(bootstrap, group) as client:
        try:
            found = client.committed(requested, timeout=_TIMEOUT_SECONDS)
        except KafkaException as error:
            if error.args[0].code() not in _NO_COORDINATOR_YET:
                raise
            return None
        ends = {p.partition: client.get_watermark_offsets(p, _TIMEOUT_SECONDS)[1] for p in found}
    if any(partition.error for partition in found):
        return None
    return {p.partition: Committed(p.offset, p.metadata, ends[p.partition]) for p in found}


@contextmanager
def _client(bootstrap: str, group: str) -> Iterator[Consumer]:
    client = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    try:
        yield client
    finally:
        client.close()
