from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.loader.discovery import open_backlogs
from stockfeed.loader.plan import Positions
from stockfeed.objectstore import ObjectStore

AUTOS = Chain("us", "autos", "ab12", 0)
BANKS = Chain("us", "banks", "cd34", 1)
FOREIGN = Chain("eu", "autos", "ab12", 0)


def at(positions: Positions) -> Callable[[object], Positions]:
    return lambda _: positions


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_finds_partitions_with_new_objects(
    object_store: ObjectStore, executor: ThreadPoolExecutor
) -> None:
    for chain in (AUTOS, BANKS, FOREIGN):
        for start in (0, 10, 20):
            object_store.create(chain.key(start), b"", {})

    backlogs, foreign = open_backlogs(object_store, "us", at({AUTOS: 30, BANKS: 10}), executor)

    assert foreign == []
    [banks] = backlogs
    assert banks.chain == BANKS
    # The listing includes the object that starts exactly at the position.
    assert [listed.start for listed in iter(banks.take, None)] == [10, 20]


def test_treats_offset_zero_as_a_position(
    object_store: ObjectStore, executor: ThreadPoolExecutor
) -> None:
    object_store.create(AUTOS.key(0), b"", {})

    [backlog], _ = open_backlogs(object_store, "us", at({AUTOS: 0}), executor)

    listed = backlog.take()
    assert listed is not None
    assert listed.start == 0


@pytest.mark.parametrize(
    ("prefix", "reported"),
    [
        ("feed=us/backup/of/things/", "feed=us/backup/"),
        ("feed=us/group=a/topic=t/partition=1/",) * 2,
    ],
)
def test_reports_prefixes_that_no_consumer_writes(
    object_store: ObjectStore, executor: ThreadPoolExecutor, prefix: str, reported: str
) -> None:
    object_store.create(AUTOS.key(0), b"", {})
    object_store.create(f"{prefix}x.json", b"", {})

    backlogs, foreign = open_backlogs(object_store, "us", at({}), executor)

    assert [backlog.chain for backlog in backlogs] == [AUTOS]
    assert [stop.key for stop in foreign] == [reported]


def land(store: ObjectStore, start: int, previous: int | None) -> None:
    metadata = BatchMetadata(start + 9, 10, 0, 1, 2, previous=previous)
    store.create(AUTOS.key(start), b"", metadata.to_s3())


@pytest.mark.parametrize(
    ("removed", "from_first", "taken", "waits_for"),
    [(0, False, [0, 10, 20], None), (1, False, [], 0), (2, False, [], 10), (2, True, [20], None)],
)
def test_partition_that_was_never_loaded_waits_for_its_first_object(
    object_store: ObjectStore,
    executor: ThreadPoolExecutor,
    removed: int,
    from_first: bool,
    taken: list[int],
    waits_for: int | None,
) -> None:
    for start, previous in ((0, None), (10, 0), (20, 10))[removed:]:
        land(object_store, start, previous)

    [backlog], _ = open_backlogs(object_store, "us", at({}), executor, from_first=from_first)

    assert [listed.start for listed in iter(backlog.take, None)] == taken
    if waits_for is None:
        assert backlog.stop is None
    else:
        assert backlog.stop is not None
        assert backlog.stop.text.endswith(f"an object that starts at offset {waits_for}")
        assert not backlog.stop.failed
        assert backlog.waiting == 3 - removed


def test_position_overrides_the_previous_start_in_metadata(
    object_store: ObjectStore, executor: ThreadPoolExecutor
) -> None:
    land(object_store, 20, 10)

    [backlog], _ = open_backlogs(object_store, "us", at({AUTOS: 20}), executor)

    assert [listed.start for listed in iter(backlog.take, None)] == [20]


def test_empty_bucket_has_no_backlogs(
    object_store: ObjectStore, executor: ThreadPoolExecutor
) -> None:
    assert open_backlogs(object_store, "us", at({}), executor) == ([], [])
