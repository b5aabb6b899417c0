from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from stockfeed.contract.objects import Chain
from stockfeed.loader.discovery import open_backlogs
from stockfeed.objectstore import ObjectStore

AUTOS = Chain("us", "autos", "ab12", 0)
BANKS = Chain("us", "banks", "cd34", 1)
FOREIGN = Chain("eu", "autos", "ab12", 0)


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_partitions_with_something_new_are_found(
    object_store: ObjectStore, executor: ThreadPoolExecutor
) -> None:
    for chain in (AUTOS, BANKS, FOREIGN):
        for start in (0, 10, 20):
            object_store.create(chain.key(start), b"", {})

    backlogs, strange = open_backlogs(object_store, "us", {AUTOS: 30, BANKS: 10}, executor)

    assert strange == []
    [banks] = backlogs
    assert banks.chain == BANKS
    # The object that starts exactly at the position is seen.
    assert [listed.start for listed in iter(banks.take, None)] == [10, 20]


def test_offset_zero_is_a_position_like_any_other(
    object_store: ObjectStore, executor: ThreadPoolExecutor
) -> None:
    object_store.create(AUTOS.key(0), b"", {})

    [backlog], _ = open_backlogs(object_store, "us", {AUTOS: 0}, executor)

    listed = backlog.take()
    assert listed is not None
    assert listed.start == 0


@pytest.mark.parametrize(
    "prefix", ["feed=us/backup/of/things/", "feed=us/group=a/topic=t/partition=1/"]
)
def test_prefixes_that_no_consumer_writes_are_named(
    object_store: ObjectStore, executor: ThreadPoolExecutor, prefix: str
) -> None:
    object_store.create(AUTOS.key(0), b"", {})
    object_store.create(f"{prefix}x.json", b"", {})

    backlogs, strange = open_backlogs(object_store, "us", {}, executor)

    assert [backlog.chain for backlog in backlogs] == [AUTOS]
    assert [stop.key for stop in strange] == [prefix]


def test_an_empty_bucket_has_nothing_new(
    object_store: ObjectStore, executor: ThreadPoolExecutor
) -> None:
    assert open_backlogs(object_store, "us", {}, executor) == ([], [])
