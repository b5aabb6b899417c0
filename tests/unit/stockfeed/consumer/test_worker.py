from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from stockfeed.consumer.batch import Batch
from stockfeed.consumer.lander import Landed, Lander
from stockfeed.consumer.partition import Rotation
from stockfeed.consumer.topic import Commit
from stockfeed.consumer.worker import Worker, WorkerConfig
from stockfeed.contract.objects import Chain
from stockfeed.errors import DataError, TransientError
from stockfeed.metrics import ConsumerMetrics
from stockfeed.objectstore import ObjectStore, StoredObject

P = ParamSpec("P")
T = TypeVar("T")
TOPIC_ID = "a" * 32


@dataclass
class Message:
    number: int
    at: int
    body: bytes = b'{"symbol":"F"}'

    def partition(self) -> int:
        return self.number

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes:
        return self.body

    def timestamp(self) -> tuple[int, int]:
        return (1, 1000 + self.at)


class Topic:
    """A fake topic with two partitions."""

    def __init__(self) -> None:
        self.id = TOPIC_ID
        self.low, self.high = 0, 100
        self.commits: list[tuple[int, Commit, bool]] = []
        self.paused: set[int] = set()
        self.last_commit: Commit | None = None

    def topic_id(self) -> str:
        return self.id

    def committed(self, _: int) -> Commit | None:
        return self.last_commit

    def bounds(self, _: int) -> tuple[int, int]:
        return self.low, self.high

    def commit(self, partition: int, commit: Commit, *, wait: bool) -> None:
        self.commits.append((partition, commit, wait))

    def pause(self, partition: int) -> None:
        self.paused.add(partition)

    def resume(self, partition: int) -> None:
        self.paused.remove(partition)


class Bucket(ObjectStore):
    """An empty bucket."""

    def __init__(self) -> None:
        pass

    def list(self, prefix: str, start_after: str = "") -> Iterator[StoredObject]:
        return iter(())


class Inline(Executor):
    def submit(self, work: Callable[P, T], /, *arguments: P.args, **options: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(work(*arguments, **options))
        except (DataError, TransientError) as error:
            future.set_exception(error)
        return future


class FakeLander(Lander):
    """A fake lander that succeeds unless `error` is set."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def land(self, chain: Chain, batch: Batch) -> Landed:
        if self.error:
            raise self.error
        return Landed(chain.key(batch.start), batch.end, True, 10, 0.1)


class Rig:
    def __init__(self, *, managed: bool = False) -> None:
        self.topic, self.lander, self.registry, self.now = (
            Topic(),
            FakeLander(),
            CollectorRegistry(),
            0.0,
        )
        self.worker = Worker(
            WorkerConfig(
                "us", "autos", "t", Rotation(records=2, bytes=400, interval=15.0), managed
            ),
            self.topic,
            Bucket(),
            self.lander,
            Inline(),
            ConsumerMetrics(self.registry),
            self.clock,
        )

    def clock(self) -> float:
        self.now += 0.01
        return self.now

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"stockfeed_{name}", labels)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def messages(partition: int, *offsets: int) -> list[Message]:
    return [Message(partition, offset) for offset in offsets]


def test_commits_landed_offsets_with_the_object_key(rig: Rig) -> None:
    assert rig.worker.assign([0, 1]) == {0: 0, 1: 0}
    rig.worker.step([*messages(0, 0, 1), *messages(1, 0)])
    rig.worker.step([])
    (commit,) = rig.topic.commits
    assert (commit[0], commit[1].offset, commit[2]) == (0, 2, False)
    assert commit[1].key.endswith("partition=00000/00000000000000000000.jsonl.gz")
    assert rig.metric("messages_landed_total") == 2
    assert rig.metric("messages_consumed_total") == 3
    assert rig.metric("newest_landed_timestamp_seconds", partition="0") == 1.001
    assert rig.metric("newest_landed_timestamp_seconds", partition="1") is None
    assert rig.worker.lag() == {0: 98, 1: 100}


def test_lands_and_counts_what_a_managed_topic_lost_before_the_first_landing() -> None:
    rig = Rig(managed=True)
    rig.topic.low = 40
    assert rig.worker.assign([0]) == {0: 40}
    assert rig.worker.lag() == {0: 100}
    with capture_logs() as logs:
        rig.worker.step([])
        rig.worker.step([])
    assert rig.metric("lost_offsets_total") == 40
    assert ("offsets lost to retention", 40) in [(line["event"], line.get("lost")) for line in logs]
    ((_, commit, _),) = rig.topic.commits
    assert commit.offset == 40
    assert commit.key.endswith("/00000000000000000000.jsonl.gz")


def test_counts_nothing_of_an_old_topic_as_lost(rig: Rig) -> None:
    rig.topic.low = 40
    assert rig.worker.assign([0]) == {0: 40}
    rig.worker.step(messages(0, 40))
    assert rig.metric("lost_offsets_total") == 0


def test_revoke_lands_the_buffer_and_waits_for_the_commit(rig: Rig) -> None:
    rig.worker.assign([0])
    rig.worker.step(messages(0, 0))
    rig.worker.revoke([0], 5)
    assert [(commit.offset, wait) for _, commit, wait in rig.topic.commits] == [(1, True)]
    assert rig.worker.partitions == {}


def test_revoke_raises_if_a_partition_cannot_be_drained_in_time(rig: Rig) -> None:
    rig.worker.assign([0])
    rig.worker.step(messages(0, 0))
    rig.lander.error = TransientError("no answer")
    with pytest.raises(TransientError, match=r"not landed: \{0: 1\}"):
        rig.worker.revoke([0], 1)
    assert rig.worker.partitions == {}


def test_pauses_fetching_while_a_buffer_is_full(rig: Rig) -> None:
    rig.worker.assign([0])
    rig.lander.error = TransientError("no answer")
    rig.worker.step(messages(0, *range(8)))
    assert rig.worker.last_errors == {}
    rig.worker.step(messages(0, *range(8, 20)))
    assert rig.topic.paused == {0}
    assert rig.worker.last_errors == {0: "no answer"}
    assert rig.metric("flush_failures_total") == 1
    rig.lander.error = None
    rig.now += 60
    for _ in range(10):
        rig.worker.step([])
    assert rig.topic.paused == set()
    assert rig.worker.partitions[0].drained
    assert rig.worker.last_errors == {}


def test_counts_every_failed_attempt_but_logs_a_repeated_error_once(rig: Rig) -> None:
    rig.worker.assign([0])
    rig.lander.error = TransientError("no answer")
    with capture_logs() as logged:
        rig.worker.step(messages(0, *range(8)))
        for _ in range(5):  # one step collects the failure, the next one retries
            rig.now += 60
            rig.worker.step([])
    assert rig.metric("flush_failures_total") == 3
    assert [line["event"] for line in logged].count("landing failed, retrying") == 1


def test_conflicting_object_stops_only_its_partition(rig: Rig) -> None:
    rig.worker.assign([0, 1])
    rig.lander.error = DataError("conflict")
    rig.worker.step(messages(0, 0, 1))
    rig.worker.step([])
    rig.lander.error = None
    rig.worker.step([*messages(0, 2, 3), *messages(1, 0, 1)])
    rig.worker.step([])
    assert rig.worker.faults == {0: "conflict"}
    assert rig.metric("partition_faults") == 1
    assert rig.topic.paused == {0}
    assert [(partition, commit.offset) for partition, commit, _ in rig.topic.commits] == [(1, 2)]


def test_truncated_log_stops_the_partition_on_assignment(rig: Rig) -> None:
    rig.topic.last_commit = Commit(
        120, f"feed=us/group=autos/topic={TOPIC_ID}/partition=00000/{'0' * 20}.jsonl.gz"
    )
    assert rig.worker.assign([0]) == {0: 100}
    assert "the log was truncated" in rig.worker.faults[0]
    assert rig.metric("partition_faults") == 1


@pytest.mark.parametrize(("commit", "lag"), [(None, 100), (Commit(60, ""), 40)])
def test_lag_of_a_partition_that_cannot_start_counts_its_unlanded_messages(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, commit: Commit | None, lag: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DataError("conflict")

    monkeypatch.setattr("stockfeed.consumer.worker.find_start", refuse)
    rig.topic.last_commit = commit
    rig.worker.assign([0])
    assert rig.worker.lag() == {0: lag}


def test_recreated_topic_also_stops_idle_partitions(rig: Rig) -> None:
    rig.worker.assign([0, 1])
    rig.topic.id = "b" * 32
    rig.worker.lag()
    assert set(rig.worker.faults) == {0, 1}


def test_counts_error_lines(rig: Rig) -> None:
    rig.worker.assign([0])
    rig.worker.step([Message(0, 0), Message(0, 1, b"poison"), Message(0, 2, b"poison")])
    assert rig.metric("error_lines_landed_total") == 2


def test_ignores_messages_of_a_dropped_partition(rig: Rig) -> None:
    rig.worker.assign([0])
    rig.worker.revoke([0], 5)
    rig.worker.step(messages(0, 0, 1, 2))
    assert rig.topic.commits == []
