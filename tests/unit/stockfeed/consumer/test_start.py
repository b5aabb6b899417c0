import pytest

from stockfeed.consumer import start as module
from stockfeed.consumer.start import find_start
from stockfeed.consumer.topic import Commit
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import DataError, TransientError
from stockfeed.objectstore import ObjectHead, StoredObject

CHAIN = Chain("us", "autos", "a" * 32, 3)


class Bucket:
    """Objects of intervals, and what was listed."""

    def __init__(self, *intervals: tuple[int, int]):
        self.objects = {
            CHAIN.key(start): BatchMetadata(end, end - start + 1, 0, start, end).to_s3()
            for start, end in intervals
        }
        self.listed_after: list[str] = []
        self.requests = 0
        self.page = 1000

    def list(self, prefix, start_after=""):
        self.listed_after.append(start_after)
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > start_after)
        for number, key in enumerate(keys):
            self.requests += number % self.page == 0
            yield StoredObject(key, "etag", 1)

    def first(self, prefix, start_after):
        self.requests += 1
        keys = (key for key in self.objects if key.startswith(prefix) and key > start_after)
        key = min(keys, default=None)
        return None if key is None else StoredObject(key, "etag", 1)

    def head(self, key):
        metadata = self.objects.get(key)
        return None if metadata is None else ObjectHead("etag", 1, metadata)


LANDED = ((0, 9), (10, 24))


@pytest.mark.parametrize(
    ("intervals", "commit", "low", "high", "offset"),
    [
        pytest.param((), None, 0, 100, 0, id="nothing landed: the log's beginning"),
        pytest.param((), None, 40, 100, 40, id="nothing landed, a log that was cut: likewise"),
        pytest.param(LANDED, None, 0, 100, 25, id="no commit: behind the last object"),
        pytest.param(LANDED, Commit(10, CHAIN.key(0)), 0, 100, 25, id="an old commit: likewise"),
        pytest.param(LANDED, Commit(25, CHAIN.key(10)), 0, 100, 25, id="the newest commit"),
        pytest.param(LANDED, Commit(25, CHAIN.key(10)), 0, 25, 25, id="all is landed"),
        pytest.param((), Commit(25, CHAIN.key(10)), 20, 100, 25, id="objects expired: the commit"),
    ],
)
def test_the_bucket_decides_where_to_start(intervals, commit, low, high, offset):
    start = find_start(Bucket(*intervals), CHAIN, commit, low, high)
    assert (start.offset, start.lost, start.read_from) == (offset, None, offset)


@pytest.mark.parametrize(
    ("intervals", "commit", "previous"),
    [
        ((), None, None),
        (LANDED, None, 10),
        (LANDED, Commit(10, CHAIN.key(0)), 10),
        ((), Commit(25, CHAIN.key(10)), 10),
    ],
)
def test_what_was_landed_last_is_what_the_next_object_continues(intervals, commit, previous):
    assert find_start(Bucket(*intervals), CHAIN, commit, 0, 100).previous == previous


def test_a_commit_spares_the_listing_of_what_lies_before_it():
    bucket = Bucket(*LANDED)
    find_start(bucket, CHAIN, Commit(25, CHAIN.key(10)), 0, 100)
    assert bucket.listed_after == [CHAIN.key(10)]


@pytest.mark.parametrize("commit", [None, Commit(10, CHAIN.key(0))])
@pytest.mark.parametrize("number", [9, 10, 11, 600])
@pytest.mark.parametrize("ahead", [0, 1, 10**9])
def test_a_long_chain_is_not_listed_whole(monkeypatch, number, ahead, commit):
    monkeypatch.setattr(module, "_PAGE_SIZE", 10)
    bucket = Bucket(*((start, start + 9) for start in range(0, 10 * number, 10)))
    bucket.page = 10
    start = find_start(bucket, CHAIN, commit, 0, 10 * number + ahead)
    assert (start.offset, start.previous) == (10 * number, 10 * number - 10)
    assert bucket.requests < 40


def test_a_truncated_log_is_seen_in_a_long_chain_too(monkeypatch):
    monkeypatch.setattr(module, "_PAGE_SIZE", 10)
    bucket = Bucket(*((start, start + 9) for start in range(0, 300, 10)))
    with pytest.raises(DataError, match="landed up to offset 299, but the topic's log ends at 5"):
        find_start(bucket, CHAIN, None, 0, 5)


def test_a_commit_of_an_earlier_topic_is_nothing():
    other = Chain("us", "autos", "b" * 32, 3)
    bucket = Bucket()
    assert find_start(bucket, CHAIN, Commit(70, other.key(60)), 0, 100).offset == 0
    assert bucket.listed_after == [""]


def test_what_retention_removed_is_landed_as_lost_first():
    start = find_start(Bucket(*LANDED), CHAIN, None, 31, 100)
    assert (start.lost.start, start.lost.end, start.lost.lost) == (25, 30, 6)
    assert start.lost.previous == 10
    assert start.read_from == 31


def test_a_log_that_ends_before_what_is_landed_was_truncated():
    with pytest.raises(DataError, match="landed up to offset 24, but the topic's log ends at 20"):
        find_start(Bucket(*LANDED), CHAIN, None, 0, 20)


def test_an_object_of_someone_else_is_named():
    bucket = Bucket()
    bucket.objects[CHAIN.key(0)] = {}
    with pytest.raises(DataError, match=r"00000000000000000000\.jsonl\.gz.*move it away"):
        find_start(bucket, CHAIN, None, 0, 100)


def test_a_copy_of_an_object_is_no_object_of_the_chain():
    bucket = Bucket(*LANDED)
    bucket.objects[CHAIN.key(10) + ".bak"] = bucket.objects[CHAIN.key(10)]
    with pytest.raises(DataError, match=r"\.bak.*move it away"):
        find_start(bucket, CHAIN, None, 0, 100)


def test_an_object_that_vanishes_between_listing_and_head_is_looked_up_again():
    bucket = Bucket(*LANDED)
    bucket.head = lambda _: None
    with pytest.raises(TransientError, match="not found now"):
        find_start(bucket, CHAIN, None, 0, 100)
