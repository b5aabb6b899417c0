"""What landing needs of Kafka, so that it can be driven by a broker or by a model of one."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Commit:
    """A position that a consumer of ours committed.

    Attributes:
        offset: the next offset to read.
        key: the key of the object that ends before it, kept as the commit's metadata.
    """

    offset: int
    key: str


class Record(Protocol):
    """A message that was read, as confluent-kafka gives it."""

    def partition(self) -> int: ...
    def offset(self) -> int: ...
    def value(self) -> bytes | None: ...
    def timestamp(self) -> tuple[int, int]: ...


class Topic(Protocol):
    """One topic, seen by one member of its consumer group.

    Methods that ask the broker raise TransientError when it does not answer.
    """

    def topic_id(self) -> str:
        """The topic's identity now, as object keys hold it; called from any thread."""

    def committed(self, partition: int) -> Commit | None:
        """Our commit, or None when there is none, it expired, or it was reset by hand."""

    def bounds(self, partition: int) -> tuple[int, int]:
        """The log's first offset and its end, the next offset; called from any thread."""

    def commit(self, partition: int, commit: Commit, *, wait: bool) -> None:
        """Commits; a failure is no harm, since the bucket decides where a consumer starts."""

    def pause(self, partition: int) -> None:
        """Stops fetching a partition."""

    def resume(self, partition: int) -> None:
        """Goes on fetching it where it stopped."""
