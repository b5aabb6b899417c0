import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pytest

from stockfeed.consumer.batch import Batch, Buffer, lost_batch
from stockfeed.consumer.lander import Lander
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import DataError
from stockfeed.objectstore import ObjectHead, ObjectStore

CHAIN = Chain("us", "autos", "a" * 32, 3)


class Bucket(ObjectStore):
    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, Mapping[str, str]]] = {}

    def create(self, key: str, body: bytes, metadata: Mapping[str, str]) -> bool:
        created = key not in self.objects
        self.objects.setdefault(key, (body, metadata))
        return created

    def head(self, key: str) -> ObjectHead:
        body, metadata = self.objects[key]
        return ObjectHead("etag", len(body), dict(metadata))


@dataclass
class Message:
    at: int
    time: int

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes:
        return b"{}"

    def timestamp(self) -> tuple[int, int]:
        return (1, self.time)


def batch_of(start: int, offsets: Iterable[int], timestamp: int = 1000) -> Batch:
    buffer = Buffer(start)
    records = (Message(offset, timestamp + offset) for offset in offsets)
    buffer.extend(records, lambda _, at, __: (b'{"n":%d}\n' % at, True))
    return buffer.cut(10**6)


def lander(bucket: Bucket, log_end: int = 100, topic_id: str = "a" * 32) -> Lander:
    return Lander(bucket, lambda _: log_end, lambda: topic_id)


def test_batch_becomes_one_object_with_its_metadata() -> None:
    bucket = Bucket()
    landed = lander(bucket).land(CHAIN, batch_of(5, [7, 8]))
    body, metadata = bucket.objects[CHAIN.key(5)]
    assert gzip.decompress(body) == b'{"n":7}\n{"n":8}\n'
    assert BatchMetadata.from_s3("key", metadata) == BatchMetadata(8, 2, 0, 1007, 1008)
    assert (landed.key, landed.end, landed.created, landed.size) == (
        CHAIN.key(5),
        8,
        True,
        len(body),
    )


def test_output_is_deterministic() -> None:
    first, second = Bucket(), Bucket()
    lander(first).land(CHAIN, batch_of(0, range(10)))
    lander(second).land(CHAIN, batch_of(0, range(10)))
    assert first.objects == second.objects


@pytest.mark.parametrize("theirs", [[0, 1], [0, 1, 2, 3, 4]])
def test_existing_object_determines_the_landed_end(theirs: list[int]) -> None:
    bucket = Bucket()
    lander(bucket).land(CHAIN, batch_of(0, theirs))
    landed = lander(bucket).land(CHAIN, batch_of(0, [0, 1, 2]))
    assert (landed.created, landed.end, landed.size) == (False, theirs[-1], 0)


def test_rejects_an_existing_object_with_another_first_message() -> None:
    bucket = Bucket()
    lander(bucket).land(CHAIN, batch_of(0, [0, 1], timestamp=5))
    with pytest.raises(
        DataError, match=r"00000000000000000000\.jsonl\.gz.* does not match this topic's log"
    ):
        lander(bucket).land(CHAIN, batch_of(0, [0, 1]))


def test_rejects_an_existing_object_that_ends_beyond_the_log() -> None:
    bucket = Bucket()
    lander(bucket).land(CHAIN, batch_of(0, range(50)))
    with pytest.raises(DataError, match="does not match this topic's log"):
        lander(bucket, log_end=50 - 1).land(CHAIN, batch_of(0, [0]))


def test_accepts_an_existing_lost_batch_despite_its_missing_timestamp() -> None:
    bucket = Bucket()
    lander(bucket).land(CHAIN, lost_batch(0, 5, 0))
    assert lander(bucket).land(CHAIN, batch_of(0, [3, 4, 5])).end == 4
    assert gzip.decompress(bucket.objects[CHAIN.key(0)][0]) == b""


def test_lands_nothing_if_the_topic_was_recreated() -> None:
    bucket = Bucket()
    with pytest.raises(DataError, match=r"the topic was recreated .*restart the consumer"):
        lander(bucket, topic_id="b" * 32).land(CHAIN, batch_of(0, [0]))
    assert bucket.objects == {}
