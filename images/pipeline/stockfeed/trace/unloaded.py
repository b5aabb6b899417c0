"""Finds an event that is not loaded yet: in the bucket, or in Kafka."""

import gzip
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import orjson

from stockfeed.contract.events import META, SYMBOL
from stockfeed.contract.objects import MAX_OBJECT_BYTES, Chain
from stockfeed.objectstore import ObjectStore
from stockfeed.trace.event import Event, EventQuery
from stockfeed.verify.broker import Broker
from stockfeed.verify.bucket import Span, read_chains, read_objects
from stockfeed.verify.facts import Head, LandedObject

_THREADS: Final = 16


@dataclass(frozen=True, slots=True)
class Landed:
    """An event that was landed, but not loaded."""

    event: Event
    key: str


@dataclass(frozen=True, slots=True)
class Tail:
    """A chain's objects that were landed, but not loaded.

    Attributes:
        chain: the partition.
        objects: its unloaded objects.
        end: the offset after the last landed one; None if nothing was landed.
    """

    chain: Chain
    objects: Sequence[LandedObject]
    end: int | None


def read_tails(store: ObjectStore, feed: str, heads: dict[Chain, Head]) -> list[Tail]:
    """Returns each chain's objects after the ledger's end."""
    with ThreadPoolExecutor(_THREADS) as executor:
        chains, _ = read_chains(store, feed, executor)
        tails = []
        for chain in chains:
            loaded = heads[chain].end if chain in heads else None
            objects, _ = read_objects(store, chain, Span(loaded, None, ()), executor)
            ends = [found.metadata.end + 1 for found in objects if found.metadata is not None]
            tails.append(Tail(chain, objects, max(ends, default=loaded)))
    return tails


def find_landed(store: ObjectStore, wanted: EventQuery, tails: Sequence[Tail]) -> Landed | None:
    """Returns the newest matching event in unloaded objects, or None."""
    found: list[Landed] = []
    with TemporaryDirectory(prefix="stockfeed-trace-") as name:
        file = Path(name) / "object"
        for tail in tails:
            for landed in tail.objects:
                if _may_hold(landed, wanted):
                    store.download(landed.key, file, limit=MAX_OBJECT_BYTES)
                    found += _search(tail.chain, landed.key, file, wanted)
    return max(found, key=lambda landed: landed.event.poll_ms, default=None)


def find_published(broker: Broker, wanted: EventQuery, tails: Sequence[Tail]) -> Event | None:
    """Returns the newest matching event in messages that were not landed, or None."""
    ends = {tail.chain: tail.end for tail in tails}
    found: list[Event] = []
    for topic in broker.topics(wanted.feed):
        for chain in topic.chains:
            low, high = broker.bounds(topic.name, chain.partition)
            first = max(ends.get(chain) or low, low)
            for record in broker.messages(topic.name, chain.partition, first, high):
                event = _parsed(record.value)
                if wanted.matches(event.get(SYMBOL), record.timestamp):
                    found.append(Event(chain, topic.name, record.offset, record.timestamp, event))
    return max(found, key=lambda event: event.poll_ms, default=None)


def _may_hold(landed: LandedObject, wanted: EventQuery) -> bool:
    metadata = landed.metadata
    if metadata is None or metadata.first_timestamp is None or metadata.last_timestamp is None:
        return False
    if wanted.moment is None:
        return True
    start, end = wanted.moment.start.timestamp(), wanted.moment.end.timestamp()
    return metadata.first_timestamp / 1000 < end and metadata.last_timestamp / 1000 >= start


def _search(chain: Chain, key: str, file: Path, wanted: EventQuery) -> Iterator[Landed]:
    with gzip.open(file, "rb") as lines:
        for text in lines:
            line = _parsed(text)
            if META in line and wanted.matches(line.get(SYMBOL), int(line[META]["timestamp"])):
                yield Landed(Event.of_line(chain, line), key)


def _parsed(text: bytes | None) -> dict[str, Any]:
    """Parses a JSON object; returns an empty one for anything else, which matches no event."""
    try:
        value = orjson.loads(text or b"")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
