"""Finds an event and its stages."""

from collections.abc import Sequence
from dataclasses import dataclass

from stockfeed.contract.times import format_rfc3339
from stockfeed.errors import DataError
from stockfeed.objectstore import ObjectStore
from stockfeed.reader import Reader
from stockfeed.trace import stages
from stockfeed.trace.event import Event, EventQuery, Loaded
from stockfeed.trace.models import ModelSearch
from stockfeed.trace.raw import find_loaded, similar_symbols
from stockfeed.trace.stages import Stage
from stockfeed.trace.unloaded import find_landed, find_published, read_tails
from stockfeed.verify.broker import Broker
from stockfeed.verify.ledger import read_heads, read_interval


@dataclass(frozen=True, slots=True)
class Sources:
    """The connections to the stages; without a broker, Kafka is not searched."""

    reader: Reader
    store: ObjectStore
    broker: Broker | None


@dataclass(frozen=True, slots=True)
class Trace:
    """An event and its stages.

    Attributes:
        wanted: the query.
        event: the event found.
        stages: from the poll on.
        waits: what the event waits for; None if it reached its last stage.
        others: the number of further events that match the query.
    """

    wanted: EventQuery
    event: Event
    stages: tuple[Stage, ...]
    waits: str | None
    others: int = 0


def search(sources: Sources, wanted: EventQuery) -> Trace:
    """Returns the stages of the first event of the moment, or of the newest event.

    Raises:
        DataError: no event matches; the message names the nearest ones, or similar symbols.
        TransientError, ConfigurationError: a stage could not be read.
    """
    loaded = find_loaded(sources.reader, wanted)
    matching = [found for found in loaded if wanted.is_at(found.event.poll_ms)]
    if matching:
        return _trace_loaded(sources, wanted, matching[0], len(matching) - 1)
    trace = _trace_unloaded(sources, wanted)
    if trace is None:
        raise DataError(_not_found(sources, wanted, loaded))
    return trace


def _trace_loaded(sources: Sources, wanted: EventQuery, loaded: Loaded, others: int) -> Trace:
    models = ModelSearch(sources.reader, loaded)
    found = (
        stages.poll(loaded.event),
        _kafka(sources.broker, loaded.event),
        stages.stored(loaded.key, sources.store.head(loaded.key)),
        stages.ledger(loaded, read_interval(sources.reader, loaded.key, loaded.batch_seq)),
        *models.stages(),
    )
    return Trace(wanted, loaded.event, found, models.waits, others)


def _trace_unloaded(sources: Sources, wanted: EventQuery) -> Trace | None:
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
    polled = (stages.poll(published), _kafka(sources.broker, published))
    return Trace(wanted, published, polled, "for a consumer: no object holds its offset yet")


def _kafka(broker: Broker | None, event: Event) -> Stage:
    bounds = None
    if broker is not None:
        known = {
            chain: topic.name for topic in broker.topics(event.chain.feed) for chain in topic.chains
        }
        # A topic that was deleted or recreated no longer has the event.
        bounds = (0, 0)
        if event.chain in known:
            bounds = broker.bounds(known[event.chain], event.chain.partition)
    return stages.kafka(event, bounds)


def _not_found(sources: Sources, wanted: EventQuery, nearest: Sequence[Loaded]) -> str:
    places = "raw, waiting objects and Kafka" if sources.broker else "raw and waiting objects"
    if nearest:
        times = " and ".join(format_rfc3339(found.event.polled_at) for found in nearest)
        return (
            f"feed {wanted.feed} has no event of {wanted.text} in {places}; "
            f"the nearest were polled at {times}"
        )
    similar = similar_symbols(sources.reader, wanted)
    hint = f"; it has {', '.join(similar)}" if similar else "; nothing is loaded yet"
    return f"feed {wanted.feed} has no event of symbol {wanted.symbol!r} in {places}{hint}"
