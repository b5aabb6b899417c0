from concurrent.futures import ThreadPoolExecutor

import pytest

from stockfeed.contract.objects import Chain
from stockfeed.objectstore import ObjectStore
from stockfeed.rawzone import list_chains, list_objects

AUTOS = Chain("us", "autos", "ab12", 0)
BANKS = Chain("us", "banks", "cd34", 1)


def test_lists_a_feeds_chains_and_its_foreign_prefixes(object_store: ObjectStore) -> None:
    for key in (AUTOS.key(0), AUTOS.key(10), BANKS.key(0), Chain("eu", "a", "b", 0).key(0)):
        object_store.create(key, b"", {})
    object_store.create("feed=us/backup/of/things/x.json", b"", {})
    with ThreadPoolExecutor(2) as executor:
        chains, foreign = list_chains(object_store, "us", executor)
    assert chains == [AUTOS, BANKS]
    assert list(foreign) == ["feed=us/backup/of/things/"]


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
