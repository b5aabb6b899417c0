"""Interface between landing and Kafka, implemented by `KafkaTopic` and by a model in the tests."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Commit:
    """A committed position, with the landed object that ends there.

    Attributes:
        offset: the next offset to read.
        key: the key of the object that ends at `offset` - 1, stored as the commit's metadata.
    """

    offset: int
    key: str


class Record(Protocol):
    """The part of `confluent_kafka.Message` that landing uses."""

    def partition(self) -> int: ...
    def offset(self) -> int: ...
    def value(self) -> bytes | None: ...
    def timestamp(self) -> tuple[int, int]: ...


class Topic(Protocol):
    """One topic, accessed as a member of a consumer group.

    Methods that query the broker raise TransientError if it does not respond.
    """

    def topic_id(self) -> str:
        """Returns the topic's current id, as used in object keys; thread-safe."""

    def committed(self, partition: int) -> Commit | None:
        """Returns the group's commit; None if it is missing, expired, or was reset manually."""

    def bounds(self, partition: int) -> tuple[int, int]:
        """Returns the log's first offset and its end offset, which is exclusive; thread-safe."""

    def commit(self, partition: int, commit: Commit, *, wait: bool) -> None:
        """Commits a position.

        A failed commit is harmless, because a consumer's start position comes from the bucket.

        Args:
            partition: the partition's number.
            commit: the position.
            wait: whether to wait for the broker's response.
        """

    def pause(self, partition: int) -> None:
        """Pauses fetching from a partition."""

    def resume(self, partition: int) -> None:
        """Resumes fetching from a paused partition."""
