"""Reads the bucket: which chains there are, and their objects from an offset on."""

from collections.abc import Collection
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain as concatenated
from itertools import takewhile

from stockfeed.contract.objects import (
    OFFSET_DIGITS,
    SUFFIX,
    BadKeyError,
    BatchMetadata,
    Chain,
    feed_prefix,
)
from stockfeed.errors import TransientError
from stockfeed.objectstore import ObjectStore, StoredObject
from stockfeed.verify.facts import LandedObject
from stockfeed.verify.findings import Finding, Kind

_LEVELS = ("group", "topic", "partition")


@dataclass(frozen=True, slots=True)
class Span:
    """What to list of a chain.

    Attributes:
        start: from the object that starts here on; None is all.
        last: up to the object that starts here; None is all.
        known: keys whose metadata the ledger has.
    """

    start: int | None
    last: int | None
    known: Collection[str]


def read_chains(
    store: ObjectStore, feed: str, executor: Executor
) -> tuple[list[Chain], list[Finding]]:
    """The chains that the bucket holds; requests go with their number, not with their length."""
    prefixes = [feed_prefix(feed)]
    for _ in _LEVELS:
        below = executor.map(lambda prefix: list(store.list_prefixes(prefix)), prefixes)
        prefixes = list(concatenated.from_iterable(below))
    chains: list[Chain] = []
    foreign: list[Finding] = []
    for prefix in prefixes:
        try:
            chains.append(Chain.parse(f"{prefix}{0:0{OFFSET_DIGITS}d}{SUFFIX}")[0])
        except BadKeyError as error:
            foreign.append(Finding(Kind.FOREIGN_OBJECT, f"{prefix}: {error}"))
    return chains, foreign


def read_objects(
    store: ObjectStore, chain: Chain, span: Span, executor: Executor
) -> tuple[list[LandedObject], list[Finding]]:
    """A chain's objects; one request for each thousand, and one for each that is not known.

    Raises:
        TransientError, ConfigurationError: as ObjectStore says.
    """
    # The object that starts exactly there must be seen, so the bound lies one before.
    bound = chain.key(span.start - 1) if span.start else ""
    stored = store.list(chain.prefix, bound)
    if span.last is not None:
        last = chain.key(span.last)
        stored = takewhile(lambda found: found.key <= last, stored)
    found = list(executor.map(lambda row: _read(store, row, span.known), stored))
    return (
        [row for row in found if isinstance(row, LandedObject)],
        [row for row in found if isinstance(row, Finding)],
    )


def _read(
    store: ObjectStore, stored: StoredObject, known: Collection[str]
) -> LandedObject | Finding:
    try:
        _, start = Chain.parse(stored.key)
        if stored.key in known:
            return LandedObject(stored.key, stored.etag, start)
        head = store.head(stored.key)
        if head is None:
            raise TransientError(f"object {stored.key!r} was listed and is not found now")
        metadata = BatchMetadata.from_s3(stored.key, head.metadata)
    except BadKeyError as error:
        return Finding(Kind.FOREIGN_OBJECT, str(error))
    return LandedObject(stored.key, stored.etag, start, metadata)
