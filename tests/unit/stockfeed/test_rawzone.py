from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from stockfeed.contract.objects import Chain
from stockfeed.objectstore import ObjectStore
from stockfeed.ownership import Owner, claim_feed
from stockfeed.rawzone import list_chains, list_objects

AUTOS = Chain("us", "autos", "ab12", 0)
BANKS = Chain("us", "banks", "cd34", 1)


def test_lists_a_feeds_chains_and_its_foreign_prefixes(object_store: ObjectStore) -> None:
    for key in (AUTOS.key(0), AUTOS.key(10), BANKS.key(0), Chain("eu", "a", "b", 0).key(0)):
        object_store.create(key, b"", {})
    object_store.create("feed=us/backup/of/things/x.json", b"", {})
    claim_feed(object_store, "us", Owner("prod", "stocks"))  # its marker is not a foreign object
    with ThreadPoolExecutor(2) as executor:
        chains, foreign = list_chains(object_store, "us", executor)
    assert chains == [AUTOS, BANKS]
    assert list(foreign) == ["feed=us/backup/"]


@pytest.mark.parametrize(
    ("prefix", "reported"),
    [
        ("feed=us/group=a/topic={long}/partition=00000/", "feed=us/group=a/topic={long}/"),
        ("feed=us/group=a/topic=x\0y/partition=00000/", "feed=us/group=a/topic=x\0y/"),
        ("feed=us/group=../topic=a/partition=00000/", "feed=us/group=../"),
        ("feed=us/group=a'b/topic=a/partition=00000/", "feed=us/group=a'b/"),
        ("feed=us/group=a/topic=a/partition=2147483648/",) * 2,
    ],
)
def test_reports_prefixes_that_are_unsafe_as_paths(
    monkeypatch: pytest.MonkeyPatch, object_store: ObjectStore, prefix: str, reported: str
) -> None:
    """Without a server, because not all servers accept such keys."""
    key = f"{prefix.format(long='a' * 300)}x"

    def list_prefixes(_: ObjectStore, below: str) -> Iterator[str]:
        yield f"{below}{key.removeprefix(below).partition('/')[0]}/"

    monkeypatch.setattr(ObjectStore, "list_prefixes", list_prefixes)
    with ThreadPoolExecutor(2) as executor:
        chains, foreign = list_chains(object_store, "us", executor)

    assert chains == []
    assert list(foreign) == [reported.format(long="a" * 300)]
    assert len(str(foreign[reported.format(long="a" * 300)])) < 600


@pytest.mark.parametrize(
    ("offset", "starts"),
    [(None, [0, 10, 20]), (0, [0, 10, 20]), (10, [10, 20]), (11, [20]), (21, [])],
)
def test_lists_objects_from_an_offset_on(
    object_store: ObjectStore, offset: int | None, starts: list[int]
) -> None:
    for start in (0, 10, 20):
        object_store.create(AUTOS.key(start), b"", {})
    listed = list_objects(object_store, AUTOS, offset)
    assert [stored.key for stored in listed] == [AUTOS.key(start) for start in starts]
