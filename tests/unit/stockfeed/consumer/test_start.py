from collections.abc import Iterator

import pytest

from stockfeed.consumer import start as module
from stockfeed.consumer.start import find_start
from stockfeed.consumer.topic import Commit
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import DataError, TransientError
from stockfeed.objectstore import ObjectHead, ObjectStore, StoredObject

CHAIN = Chain("us", "autos", "a" * 32, 3)


class Bucket(ObjectStore):
    """A fake bucket with an object per interval, which records listings."""

    def __init__(self, *intervals: tuple[int, int]) -> None:
        self.objects = {
            CHAIN.key(start): BatchMetadata(end, end - start + 1, 0, start, end).to_s3()
            for start, end in intervals
        }
        self.listed_after: list[str] = []
        self.requests = 0
        self.page = 1000

    def list(self, prefix: str, start_after: str = "") -> Iterator[StoredObject]:
        self.listed_after.append(start_after)
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > start_after)
        for number, key in enumerate(keys):
            self.requests += number % self.page == 0
            yield StoredObject(key, "etag", 1)

    def first(self, prefix: str, start_after: str) -> StoredObject | None:
        self.requests += 1
        keys = (key for key in self.objects if key.startswith(prefix) and key > start_after)
        key = min(keys, default=None)
        return None if key is None else StoredObject(key, "etag", 1)

    def head(self, key: str) -> ObjectHead | None:
        metadata = self.objects.get(key)
        return None if metadata is None else ObjectHead("etag", 1, metadata)


LANDED = ((0, 9), (10, 24))


@pytest.mark.parametrize(
    ("intervals", "commit", "low", "high", "offset"),
    [
        pytest.param((), None, 0, 100, 0, id="nothing landed, start of log"),
        pytest.param((), None, 40, 100, 40, id="nothing landed, log starts later"),
        pytest.param(LANDED, None, 0, 100, 25, id="no commit, after last object"),
        pytest.param(
            LANDED, Commit(10, CHAIN.key(0)), 0, 100, 25, id="old commit, after last object"
        ),
        pytest.param(LANDED, Commit(25, CHAIN.key(10)), 0, 100, 25, id="latest commit"),
        pytest.param(LANDED, Commit(25, CHAIN.key(10)), 0, 25, 25, id="everything landed"),
        pytest.param((), Commit(25, CHAIN.key(10)), 20, 100, 25, id="objects expired, at commit"),
    ],
)
def test_start_offset_comes_from_the_bucket(
    intervals: tuple[tuple[int, int], ...], commit: Commit | None, low: int, high: int, offset: int
) -> None:
    start = find_start(Bucket(*intervals), CHAIN, commit, (low, high), managed=False)
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
def test_previous_is_the_last_landed_object(
    intervals: tuple[tuple[int, int], ...], commit: Commit | None, previous: int | None
) -> None:
    assert (
        find_start(Bucket(*intervals), CHAIN, commit, (0, 100), managed=False).previous == previous
    )


def test_lists_only_after_the_committed_key() -> None:
    bucket = Bucket(*LANDED)
    find_start(bucket, CHAIN, Commit(25, CHAIN.key(10)), (0, 100), managed=False)
    assert bucket.listed_after == [CHAIN.key(10)]


@pytest.mark.parametrize("commit", [None, Commit(10, CHAIN.key(0))])
@pytest.mark.parametrize("number", [9, 10, 11, 600])
@pytest.mark.parametrize("ahead", [0, 1, 10**9])
def test_finds_the_end_of_a_long_chain_with_few_requests(
    monkeypatch: pytest.MonkeyPatch, number: int, ahead: int, commit: Commit | None
) -> None:
    monkeypatch.setattr(module, "_PAGE_SIZE", 10)
    bucket = Bucket(*((start, start + 9) for start in range(0, 10 * number, 10)))
    bucket.page = 10
    start = find_start(bucket, CHAIN, commit, (0, 10 * number + ahead), managed=False)
    assert (start.offset, start.previous) == (10 * number, 10 * number - 10)
    assert bucket.requests < 40


def test_detects_a_truncated_log_in_a_long_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAGE_SIZE", 10)
    bucket = Bucket(*((start, start + 9) for start in range(0, 300, 10)))
    with pytest.raises(DataError, match="landed up to offset 299, but the topic's log ends at 5"):
        find_start(bucket, CHAIN, None, (0, 5), managed=False)


def test_ignores_a_commit_of_an_earlier_topic() -> None:
    other = Chain("us", "autos", "b" * 32, 3)
    bucket = Bucket()
    assert find_start(bucket, CHAIN, Commit(70, other.key(60)), (0, 100), managed=False).offset == 0
    assert bucket.listed_after == [""]


def test_lands_deleted_offsets_as_lost_first() -> None:
    start = find_start(Bucket(*LANDED), CHAIN, None, (31, 100), managed=False)
    assert start.lost is not None
    assert (start.lost.start, start.lost.end, start.lost.lost) == (25, 30, 6)
    assert start.lost.previous == 10
    assert start.read_from == 31


def test_managed_topic_begins_at_offset_zero() -> None:
    start = find_start(Bucket(), CHAIN, None, (40, 100), managed=True)
    assert start.lost is not None
    assert (start.offset, start.read_from, start.previous) == (0, 40, None)
    assert (start.lost.start, start.lost.end, start.lost.lost) == (0, 39, 40)
    assert start.lost.previous is None


def test_managed_topic_with_a_complete_log_lost_nothing() -> None:
    assert find_start(Bucket(), CHAIN, None, (0, 100), managed=True).lost is None


def test_managed_topic_continues_its_chain() -> None:
    start = find_start(Bucket(*LANDED), CHAIN, None, (0, 100), managed=True)
    assert (start.offset, start.lost) == (25, None)


def test_log_that_ends_before_the_landed_data_is_truncated() -> None:
    with pytest.raises(DataError, match="landed up to offset 24, but the topic's log ends at 20"):
        find_start(Bucket(*LANDED), CHAIN, None, (0, 20), managed=False)


def test_foreign_object_error_names_the_object() -> None:
    bucket = Bucket()
    bucket.objects[CHAIN.key(0)] = {}
    with pytest.raises(DataError, match=r"00000000000000000000\.jsonl\.gz.*move it out of"):
        find_start(bucket, CHAIN, None, (0, 100), managed=False)


def test_rejects_a_copied_object() -> None:
    bucket = Bucket(*LANDED)
    bucket.objects[CHAIN.key(10) + ".bak"] = bucket.objects[CHAIN.key(10)]
    with pytest.raises(DataError, match=r"\.bak.*move it out of"):
        find_start(bucket, CHAIN, None, (0, 100), managed=False)


def test_object_deleted_between_list_and_head_is_a_transient_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = Bucket(*LANDED)
    monkeypatch.setattr(bucket, "head", lambda _: None)
    with pytest.raises(TransientError, match="existed a moment ago but is gone"):
        find_start(bucket, CHAIN, None, (0, 100), managed=False)
