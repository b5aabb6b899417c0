import gzip
import json

import pytest

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.objectstore import ObjectHead, ObjectStore
from stockfeed_local.demo.bucket import LandedCounter, audit

CHAIN = Chain("demo", "group-1", "a" * 32, 0)


def land(
    store: ObjectStore,
    start: int,
    events: list[tuple[int, int]],
    chain: Chain = CHAIN,
    end: int | None = None,
    lost: int = 0,
) -> None:
    """Writes an object with events given as (offset, price)."""
    lines = [
        json.dumps({"symbol": "F", "c": price, "t": 1, "_meta": {"offset": offset}})
        for offset, price in events
    ]
    last = events[-1][0] if end is None else end
    metadata = BatchMetadata(last, len(lines), 0, None, None, lost)
    assert store.create(
        chain.key(start), gzip.compress("\n".join(lines).encode()), metadata.to_s3()
    )


def test_unbroken_chain_has_no_gaps_and_repeats_are_counted(object_store: ObjectStore) -> None:
    land(object_store, 0, [(0, 1), (1, 2)])
    land(object_store, 2, [(2, 2), (4, 3)])
    found = audit(object_store, "demo")
    assert (found.landed, found.distinct, found.gaps, found.duplicates) == (4, 3, [], [])


def test_reports_breaks_lost_offsets_and_repeated_offsets(object_store: ObjectStore) -> None:
    land(object_store, 0, [(0, 1), (1, 2)])
    land(object_store, 3, [(3, 3), (1, 4)], end=4)
    land(object_store, 5, [], end=9, lost=5)
    other = Chain("demo", "group-1", "a" * 32, 1)
    land(object_store, 1, [(1, 5)], chain=other)
    found = audit(object_store, "demo")
    assert found.gaps == [
        f"{CHAIN.key(3)} starts at 3, expected 2",
        f"{CHAIN.key(5)} records 5 lost offsets",
        f"{other.key(1)} starts at 1, expected 0",
    ]
    assert found.duplicates == [f"{CHAIN.key(3)} lands offset 1 again"]


def test_count_reads_only_new_objects(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = LandedCounter(object_store, "demo")
    assert counter.count() == 0
    land(object_store, 0, [(0, 1), (1, 2)])
    assert counter.count() == 2
    land(object_store, 2, [(2, 1)])
    seen: list[str] = []
    head = object_store.head

    def record(key: str) -> ObjectHead | None:
        seen.append(key)
        return head(key)

    monkeypatch.setattr(object_store, "head", record)
    assert counter.count() == 3
    assert seen == [CHAIN.key(2)]
