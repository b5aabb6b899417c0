"""Reads all stages, against the direction of the data.

The ledger is read first and the broker last, so data that arrives meanwhile is not reported as
missing: everything in the ledger is in the bucket, and everything in the bucket was in Kafka.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from stockfeed.contract import env
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.contract.times import to_milliseconds
from stockfeed.errors import DataError
from stockfeed.objectstore import ObjectStore
from stockfeed.reader import MissingTableError, Reader
from stockfeed.verify.broker import Broker
from stockfeed.verify.bronze import read_bronze
from stockfeed.verify.bucket import Span, read_chains, read_objects
from stockfeed.verify.facts import PartitionFacts, SilverRows, Window
from stockfeed.verify.findings import Finding, Kind
from stockfeed.verify.gold import read_gold
from stockfeed.verify.ledger import Ledger, read_ledger
from stockfeed.verify.raw import read_files, read_unknown
from stockfeed.verify.silver import read_silver

THREADS: Final = 16
"""The number of concurrent requests to the object store."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The connections to the stages.

    Attributes:
        reader: Snowflake.
        store: the bucket.
        broker: Kafka; None to verify without it.
        models: whether to verify silver and gold.
        exchange: the exchange's time zone, which defines gold's days.
    """

    reader: Reader
    store: ObjectStore
    broker: Broker | None
    models: bool
    exchange: ZoneInfo


@dataclass(frozen=True, slots=True)
class Collected:
    """What was read, and the findings that did not need a comparison of facts."""

    partitions: Sequence[PartitionFacts]
    findings: Sequence[Finding]


def collect(sources: Sources, feed: str, window: Window) -> Collected:
    """Reads all stages of a feed.

    Raises:
        TransientError, ConfigurationError, DataError: a stage could not be read, or none of them
            has anything of the feed.
    """
    ledger = read_ledger(sources.reader, feed, window)
    facts = {chain: _from_ledger(ledger, chain) for chain in ledger.heads}
    findings = _add_rows(sources.reader, feed, facts)
    with ThreadPoolExecutor(THREADS) as executor:
        findings += _add_objects(sources.store, feed, facts, window, executor)
    if sources.broker is not None:
        _add_logs(sources.broker, feed, facts, window)
    if not facts:
        raise DataError(
            f"feed {feed!r} has neither a topic nor an object nor a row in the ledger; check "
            f"{env.FEED}, the bucket and the database"
        )
    if sources.models:
        findings += _add_models(sources, facts, window)
    return Collected([facts[chain] for chain in sorted(facts)], findings)


def _from_ledger(ledger: Ledger, chain: Chain) -> PartitionFacts:
    head, intervals = ledger.heads[chain], tuple(ledger.intervals.get(chain, ()))
    last = max((interval.end + 1 for interval in intervals), default=head.end)
    return PartitionFacts(chain, head, intervals, is_tail=last == head.end)


def _batches(facts: Iterable[PartitionFacts]) -> tuple[int, int] | None:
    numbers = [interval.batch_seq for found in facts for interval in found.intervals]
    return (min(numbers), max(numbers)) if numbers else None


def _add_rows(reader: Reader, feed: str, facts: dict[Chain, PartitionFacts]) -> list[Finding]:
    batches = _batches(facts.values())
    if batches is None:
        return []
    files = read_files(reader, feed, batches)
    for chain, found in facts.items():
        keys = ((interval.key, interval.batch_seq) for interval in found.intervals)
        facts[chain] = replace(found, files={key: files[key] for key in keys if key in files})
    return read_unknown(reader, feed, batches)


def _add_objects(
    store: ObjectStore,
    feed: str,
    facts: dict[Chain, PartitionFacts],
    window: Window,
    executor: Executor,
) -> list[Finding]:
    chains, findings = read_chains(store, feed, executor)
    for chain in sorted({*chains, *facts}):
        found = facts.get(chain, PartitionFacts(chain))
        objects, foreign = read_objects(store, chain, _span(found), executor)
        in_window = tuple(landed for landed in objects if _is_in(landed.metadata, window))
        facts[chain] = replace(found, objects=in_window, is_landed=bool(objects))
        findings += foreign
    return findings


def _span(found: PartitionFacts) -> Span:
    known = {interval.key for interval in found.intervals}
    if not found.intervals:
        return Span(None if found.head is None else found.head.end, None, known)
    last = None if found.is_tail else found.intervals[-1].start
    return Span(found.intervals[0].start, last, known)


def _is_in(metadata: BatchMetadata | None, window: Window) -> bool:
    if metadata is None or metadata.first_timestamp is None:
        return True
    return metadata.first_timestamp < to_milliseconds(window.end)


def _add_logs(
    broker: Broker, feed: str, facts: dict[Chain, PartitionFacts], window: Window
) -> None:
    for topic in broker.topics(feed):
        for chain in topic.chains:
            log = broker.read_log(topic.name, chain.partition, window)
            facts[chain] = replace(facts.get(chain, PartitionFacts(chain)), broker_log=log)


def _add_models(
    sources: Sources, facts: dict[Chain, PartitionFacts], window: Window
) -> list[Finding]:
    reader = sources.reader
    batches = _batches(facts.values())
    if batches is None:
        return []
    reach = {
        chain: (found.intervals[0].start, max(interval.end for interval in found.intervals))
        for chain, found in facts.items()
        if found.intervals
    }
    try:
        bronze = read_bronze(reader, reach, batches)
        silver = read_silver(reader, bronze, window)
        gold = read_gold(reader, bronze, sources.exchange)
    except MissingTableError as error:
        text = f"{error}; if the feed has no models, use --no-models"
        return [Finding(Kind.NOT_BUILT, text)]
    for chain in reach:
        rows = silver.get((chain.topic_id, chain.partition), SilverRows())
        facts[chain] = replace(facts[chain], silver=rows)
    return gold
