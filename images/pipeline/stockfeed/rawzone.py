"""How the raw zone is listed: a feed's partitions, and a partition's objects from an offset on."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from itertools import chain as concatenated

from stockfeed.contract.objects import (
    OFFSET_DIGITS,
    SUFFIX,
    BadKeyError,
    Chain,
    feed_prefix,
    segment_value,
)
from stockfeed.objectstore import ObjectStore, StoredObject

_LEVELS = ("group", "topic", "partition")


def list_chains(
    store: ObjectStore, feed: str, executor: Executor
) -> tuple[list[Chain], Mapping[str, BadKeyError]]:
    """Lists a feed's partitions, and the prefixes that no consumer writes.

    The number of requests depends on the number of partitions, not on the number of objects.

    Args:
        store: the raw zone.
        feed: the feed's name.
        executor: lists several prefixes at a time.

    Returns:
        The partitions, and the errors by prefix.
    """
    prefixes = [feed_prefix(feed)]
    foreign: dict[str, BadKeyError] = {}
    for level in _LEVELS:
        below = executor.map(lambda prefix: list(store.list_prefixes(prefix)), prefixes)
        # Foreign prefixes are not listed further: they may hold any number of others.
        prefixes = _without_foreign(level, concatenated.from_iterable(below), foreign)
    chains: list[Chain] = []
    for prefix in prefixes:
        try:
            chains.append(Chain.parse(f"{prefix}{0:0{OFFSET_DIGITS}d}{SUFFIX}")[0])
        except BadKeyError as error:
            foreign[prefix] = error
    return chains, foreign


def _without_foreign(
    level: str, prefixes: Iterable[str], foreign: dict[str, BadKeyError]
) -> list[str]:
    """Returns the prefixes that a consumer may have written; adds the others to `foreign`."""
    valid: list[str] = []
    for prefix in prefixes:
        try:
            segment_value(level, prefix.split("/")[-2])
        except BadKeyError as error:
            foreign[prefix] = error
        else:
            valid.append(prefix)
    return valid


def list_objects(store: ObjectStore, chain: Chain, offset: int | None) -> Iterator[StoredObject]:
    """Lists a partition's objects in the order of their offsets, 1000 with each request.

    Args:
        store: the raw zone.
        chain: the partition.
        offset: begins with the object that starts at this offset or later; None lists all.
    """
    # S3 lists the keys after the given one, which is therefore that of the offset before.
    return store.list(chain.prefix, chain.key(offset - 1) if offset else "")
