"""Finds an event, and follows its way."""

from collections.abc import Sequence
from dataclasses import dataclass

from stockfeed.contract.times import format_rfc3339
from stockfeed.errors import DataError
from stockfeed.objectstore import ObjectStore
from stockfeed.reader import Reader
from stockfeed.trace import stages
from stockfeed.trace.event import Event, Loaded, Wanted
from stockfeed.trace.models import Way
from stockfeed.trace.raw import find_loaded, similar_symbols
from stockfeed.trace.stages import Stage
from stockfeed.trace.unloaded import find_landed, find_published, read_tails
from stockfeed.verify.broker import Broker
from stockfeed.verify.ledger import read_heads, read_interval


@dataclass(frozen=True, slots=True)
class Sources:
    """Where an event may be; without a broker, Kafka is left out."""

    reader: Reader
    store: ObjectStore
    broker: Broker | None


@dataclass(frozen=True, slots=True)
class Trace:
    """An event's way.

    Attributes:
        wanted: what was asked for.
        event: what was found.
        stages: in the order of the way.
        waits: what the event waits for before its next stage; None at the end of its way.
        others: how many more events match.
    """

    wanted: Wanted
    event: Event
    stages: tuple[Stage, ...]
    waits: str | None
    others: int = 0


def search(sources: Sources, wanted: Wanted) -> Trace:
    """The way of the first event in the moment, or of the newest one.

    Raises:
        DataError: there is none; the message names the nearest ones, or symbols like it.
        TransientError, ConfigurationError: a stage could not be read.
    """
    loaded = find_loaded(sources.reader, wanted)
    matching = [found for found in loaded if wanted.is_at(found.event.poll_ms)]
    if matching:
        return _of_loaded(sources, wanted, matching[0], len(matching) - 1)
    trace = _of_waiting(sources, wanted)
    if trace is None:
        raise DataError(_nowhere(sources, wanted, loaded))
    return trace


def _of_loaded(sources: Sources, wanted: Wanted, loaded: Loaded, others: int) -> Trace:
    way = Way(sources.reader, loaded)
    followed = (
        stages.poll(loaded.event),
        _kafka(sources.broker, loaded.event),
        stages.stored(loaded.key, sources.store.head(loaded.key)),
        stages.ledger(loaded, read_interval(sources.reader, loaded.key, loaded.batch_seq)),
        *way.stages(),
    )
    return Trace(wanted, loaded.event, followed, way.waits, others)


def _of_waiting(sources: Sources, wanted: Wanted) -> Trace | None:
    tails = read_tails(sources.store, wanted.feed, read_heads(sources.reader, wanted.feed))
    landed = find_landed(sources.store, wanted, tails)
    if landed is not None:
        event = landed.event
        head = sources.store.head(landed.key)
        known = (stages.poll(event), _kafka(sources.broker, event), stages.stored(landed.key, head))
        return Trace(wanted, event, known, "for a load: its object is not in the ledger")
    published = None
    if sources.broker is not None:
        published = find_published(sources.broker, wanted, tails)
    if published is None:
        return None
    way = (stages.poll(published), _kafka(sources.broker, published))
    return Trace(wanted, published, way, "for a consumer: no object holds its offset yet")


def _kafka(broker: Broker | None, event: Event) -> Stage:
    bounds = None
    if broker is not None:
        known = {
            chain: topic.name for topic in broker.topics(event.chain.feed) for chain in topic.chains
        }
        # Of a topic that was deleted, or made anew, nothing is kept.
        bounds = (0, 0)
        if event.chain in known:
            bounds = broker.bounds(known[event.chain], event.chain.partition)
    return stages.kafka(event, bounds)


def _nowhere(sources: Sources, wanted: Wanted, nearest: Sequence[Loaded]) -> str:
    asked = (
        "raw, in objects that wait, and in Kafka"
        if sources.broker
        else "raw and in objects that wait"
    )
    if nearest:
        times = " and ".join(format_rfc3339(found.event.polled_at) for found in nearest)
        return (
            f"feed {wanted.feed} has no event of {wanted.text} in {asked}; the nearest were polled "
            f"at {times}"
        )
    similar = similar_symbols(sources.reader, wanted)
    hint = f"; it has {', '.join(similar)}" if similar else "; nothing is loaded yet"
    return f"feed {wanted.feed} has no event of symbol {wanted.symbol!r} in {asked}{hint}"
