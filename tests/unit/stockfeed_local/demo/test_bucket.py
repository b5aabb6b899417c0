import gzip
import json

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed_local.demo.bucket import LandedCounter, audit

CHAIN = Chain("demo", "group-1", "a" * 32, 0)


def land(store, start, events, chain=CHAIN, end=None, lost=0):
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


def test_unbroken_chain_has_no_gaps_and_repeats_are_counted(object_store):
    land(object_store, 0, [(0, 1), (1, 2)])
    land(object_store, 2, [(2, 2), (4, 3)])
    found = audit(object_store, "demo")
    assert (found.landed, found.distinct, found.gaps, found.duplicates) == (4, 3, [], [])


def test_reports_breaks_lost_offsets_and_repeated_offsets(object_store):
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


def test_count_reads_only_new_objects(object_store, monkeypatch):
    counter = LandedCounter(object_store, "demo")
    assert counter.count() == 0
    land(object_store, 0, [(0, 1), (1, 2)])
    assert counter.count() == 2
    land(object_store, 2, [(2, 1)])
    seen = []
    head = object_store.head
    monkeypatch.setattr(object_store, "head", lambda key: seen.append(key) or head(key))
    assert counter.count() == 3
    assert seen == [CHAIN.key(2)]
