"""Reads the objects in the bucket, independently of the consumer that wrote them."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from stockfeed.contract.events import IDENTITY, META
from stockfeed.contract.objects import BatchMetadata, Chain, feed_prefix
from stockfeed.objectstore import ObjectStore


class LandedCounter:
    """Counts landed messages while the demo runs; each count reads only the new objects.

    Args:
        store: The bucket.
        feed: Name of the feed.
    """

    def __init__(self, store: ObjectStore, feed: str) -> None:
        self._store = store
        self._feed = feed
        self._last: dict[str, str] = {}
        self._count = 0

    def count(self) -> int:
        """Returns the number of messages landed so far."""
        for prefix in _partitions(self._store, self._feed):
            for stored in self._store.list(prefix, self._last.get(prefix, "")):
                head = self._store.head(stored.key)
                if head is not None:
                    self._count += BatchMetadata.from_s3(stored.key, head.metadata).records
                self._last[prefix] = stored.key
        return self._count


@dataclass(slots=True)
class Audit:
    """The contents of the bucket.

    Attributes:
        landed: Number of lines.
        distinct: Number of different quotes, by their identity.
        gaps: One sentence per break in a partition's chain and per object with lost offsets.
        duplicates: One sentence per offset that was landed again.
    """

    landed: int = 0
    distinct: int = 0
    gaps: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)


def audit(store: ObjectStore, feed: str) -> Audit:
    """Reads every line of every object of a feed."""
    found = Audit()
    identities: set[tuple[object, ...]] = set()
    with TemporaryDirectory() as directory:
        for prefix in _partitions(store, feed):
            _audit_chain(store, prefix, Path(directory) / "object", found, identities)
    found.distinct = len(identities)
    return found


def _audit_chain(
    store: ObjectStore,
    prefix: str,
    file: Path,
    found: Audit,
    identities: set[tuple[object, ...]],
) -> None:
    expected = 0
    offsets: set[int] = set()
    for stored in store.list(prefix):
        head = store.download(stored.key, file, limit=stored.size)
        metadata = BatchMetadata.from_s3(stored.key, head.metadata)
        _, start = Chain.parse(stored.key)
        if start != expected:
            found.gaps.append(f"{stored.key} starts at {start}, expected {expected}")
        if metadata.lost:
            found.gaps.append(f"{stored.key} records {metadata.lost} lost offsets")
        expected = metadata.end + 1
        for line in gzip.decompress(file.read_bytes()).splitlines():
            event = orjson.loads(line)
            offset = event[META]["offset"]
            if offset in offsets:
                found.duplicates.append(f"{stored.key} lands offset {offset} again")
            offsets.add(offset)
            identities.add(tuple(event.get(name) for name in IDENTITY))
            found.landed += 1


def _partitions(store: ObjectStore, feed: str) -> Iterator[str]:
    for group in store.list_prefixes(feed_prefix(feed)):
        for topic in store.list_prefixes(group):
            yield from store.list_prefixes(topic)
