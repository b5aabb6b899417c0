import json
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import pytest

from stockfeed.consumer.batch import Batch, lost_batch
from stockfeed.consumer.lander import Landed
from stockfeed.consumer.lines import LineEncoder
from stockfeed.consumer.partition import Partition, Rotation
from stockfeed.consumer.start import Start
from stockfeed.contract.objects import Chain
from stockfeed.errors import DataError, TransientError

P = ParamSpec("P")
T = TypeVar("T")
CHAIN = Chain("us", "autos", "a" * 32, 0)
LINE = len(LineEncoder("t", 0).encode(b'{"symbol":"F"}', 0, 1000)[0])
ROTATION = Rotation(records=3, bytes=3 * LINE + 9, interval=15.0)  # longer offsets fit


@dataclass
class Message:
    at: int
    body: bytes = b'{"symbol":"F"}'

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes:
        return self.body

    def timestamp(self) -> tuple[int, int]:
        return (1, 1000 + self.at)


class Manual(Executor):
    """Keeps puts pending until the test completes them."""

    def __init__(self) -> None:
        self.calls: list[tuple[Future[Any], tuple[Any, ...]]] = []

    def submit(self, work: Callable[P, T], /, *arguments: P.args, **options: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        self.calls.append((future, arguments))
        return future

    def succeed(self, end: int | None = None) -> None:
        future, (chain, batch) = self.calls[-1]
        landed_end = batch.end if end is None else end
        future.set_result(Landed(chain.key(batch.start), landed_end, True, 1, 0.0))

    def fail(self, error: Exception) -> None:
        self.calls[-1][0].set_exception(error)


def land(chain: Chain, batch: Batch) -> Landed:
    raise NotImplementedError  # `Manual` completes the put instead


@pytest.fixture
def executor() -> Manual:
    return Manual()


def partition(start: int = 0, rotation: Rotation = ROTATION, **kwargs: Any) -> Partition:
    return Partition(CHAIN, "t", Start(start, **kwargs), rotation)


def read(target: Partition, *offsets: int, now: float = 0.0) -> None:
    target.read(map(Message, offsets), now)


def batches(executor: Manual) -> list[tuple[int, int]]:
    return [(batch.start, batch.end) for _, (_, batch) in executor.calls]


def previous(executor: Manual) -> list[int | None]:
    return [batch.previous for _, (_, batch) in executor.calls]


@pytest.mark.parametrize(
    ("rotation", "offsets", "now", "due"),
    [
        (Rotation(3, 10_000, 15.0), (0, 1), 14.9, False),
        (Rotation(3, 10_000, 15.0), (0, 1), 15.0, True),
        (Rotation(3, 10_000, 15.0), (0, 1, 2), 0.0, True),
        (Rotation(99, 100, 15.0), (0,), 0.0, False),
        (Rotation(99, 100, 15.0), (0, 1), 0.0, True),
        (Rotation(3, 10_000, 15.0), (), 99.0, False),
    ],
)
def test_batch_is_due_by_records_bytes_or_age(
    rotation: Rotation, offsets: tuple[int, ...], now: float, due: bool
) -> None:
    target = partition(rotation=rotation)
    read(target, *offsets)
    assert target.due(now) is due


def test_only_one_batch_is_in_flight(executor: Manual) -> None:
    target = partition()
    read(target, *range(7))
    target.submit(land, executor, 0.0, cut=True)
    target.submit(land, executor, 0.0, cut=True)
    assert batches(executor) == [(0, 2)]
    executor.succeed()
    result = target.collect_result(0.0)
    assert result is not None
    batch, landed = result
    assert (batch.start, landed.end, target.next_offset) == (0, 2, 3)
    target.submit(land, executor, 0.0, cut=True)
    assert batches(executor) == [(0, 2), (3, 5)]
    assert (target.buffered, target.next_offset) == (4, 3)


def test_messages_read_during_a_put_form_one_batch(executor: Manual) -> None:
    target = partition(rotation=Rotation(records=3, bytes=10_000, interval=15.0))
    read(target, *range(3))
    target.submit(land, executor, 0.0, cut=True)
    read(target, *range(3, 11))
    executor.succeed()
    target.collect_result(0.0)
    target.submit(land, executor, 0.0, cut=target.due(0.0))
    assert batches(executor) == [(0, 2), (3, 10)]


def test_retries_a_failed_put_with_exponential_backoff(executor: Manual) -> None:
    target = partition()
    read(target, 0)
    now = 0.0
    for pause in (0.5, 1.0, 2.0):
        target.submit(land, executor, now, cut=True)
        executor.fail(TransientError("no answer"))
        assert target.collect_result(now) is None
        assert target.last_error == "no answer"
        target.submit(land, executor, now + pause - 0.01, cut=True)
        assert target.pending_put is None
        now += pause
    target.submit(land, executor, now, cut=True)
    executor.succeed()
    assert target.collect_result(now) is not None
    assert target.last_error is None
    assert batches(executor) == [(0, 0)] * 4


def test_data_error_stops_the_partition(executor: Manual) -> None:
    target = partition()
    read(target, 0)
    target.submit(land, executor, 0.0, cut=True)
    executor.fail(DataError("conflict"))
    assert target.collect_result(0.0) is None
    assert target.fault == "conflict"


def test_unexpected_exceptions_propagate(executor: Manual) -> None:
    target = partition()
    read(target, 0)
    target.submit(land, executor, 0.0, cut=True)
    executor.fail(ZeroDivisionError("a defect"))
    with pytest.raises(ZeroDivisionError):
        target.collect_result(0.0)


@pytest.mark.parametrize(
    ("landed_end", "following", "buffered"),
    [(0, (1, 3), 4), (2, (3, 4), 2), (3, (4, 4), 1), (8, None, 0)],
)
def test_continues_after_an_interval_landed_by_another_consumer(
    executor: Manual, landed_end: int, following: tuple[int, int] | None, buffered: int
) -> None:
    target = partition()
    read(target, *range(5))
    target.submit(land, executor, 0.0, cut=True)
    executor.succeed(landed_end)
    target.collect_result(0.0)
    assert (target.next_offset, target.buffered) == (landed_end + 1, buffered)
    target.submit(land, executor, 0.0, cut=True)
    assert batches(executor)[1:] == ([] if following is None else [following])


def test_skips_messages_landed_by_another_consumer(executor: Manual) -> None:
    target = partition()
    read(target, 0)
    target.submit(land, executor, 0.0, cut=True)
    executor.succeed(end=5)
    target.collect_result(0.0)
    read(target, 1, 2, 5, 6)
    assert (target.buffered, target.next_offset) == (1, 6)


@pytest.mark.parametrize("before", [None, 3])
@pytest.mark.parametrize("landed_end", [5, 6, 7])
def test_each_batch_records_its_predecessor(
    executor: Manual, before: int | None, landed_end: int
) -> None:
    target = partition(5, previous=before)
    read(target, 5, 6)
    target.submit(land, executor, 0.0, cut=True)
    read(target, 7, 8)
    executor.succeed(end=landed_end)  # another owner's object may end elsewhere
    target.collect_result(0.0)
    target.submit(land, executor, 0.0, cut=True)
    assert batches(executor) == [(5, 6), (landed_end + 1, 8)]
    assert previous(executor) == [before, 5]


def test_lands_a_lost_batch_first(executor: Manual) -> None:
    target = partition(5, lost=lost_batch(5, 9, 0), previous=0)
    assert target.next_offset == 5
    read(target, 9, 10, 11)
    target.submit(land, executor, 0.0, cut=True)
    assert batches(executor) == [(5, 8)]
    executor.succeed()
    target.collect_result(0.0)
    target.submit(land, executor, 0.0, cut=True)
    assert batches(executor) == [(5, 8), (9, 11)]
    assert previous(executor) == [0, 5]


def test_lands_the_rest_of_a_lost_batch_that_another_consumer_landed_in_part(
    executor: Manual,
) -> None:
    target = partition(5, lost=lost_batch(5, 9, 0), previous=0)
    target.submit(land, executor, 0.0, cut=True)
    executor.succeed(end=6)
    target.collect_result(0.0)
    target.submit(land, executor, 0.0, cut=True)
    _, (_, rest) = executor.calls[-1]
    assert (rest.start, rest.end, rest.lost) == (7, 8, 2)
    assert previous(executor) == [0, 5]


def test_read_returns_the_number_of_error_lines() -> None:
    target = partition()
    assert target.read([Message(0), Message(1, b"poison"), Message(2)], 0.0) == 1


def test_lines_contain_topic_partition_offset_and_timestamp(executor: Manual) -> None:
    target = partition()
    read(target, 4)
    target.submit(land, executor, 0.0, cut=True)
    (_, (_, batch)) = executor.calls[0]
    assert json.loads(batch.lines[0])["_meta"] == {
        "topic": "t",
        "partition": 0,
        "offset": 4,
        "timestamp": 1004,
    }
