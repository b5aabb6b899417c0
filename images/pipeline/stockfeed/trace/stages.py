"""The stages of an event, each with a text for people and facts for programs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stockfeed.contract.events import CURRENT, TIME
from stockfeed.contract.objects import BatchMetadata
from stockfeed.contract.times import format_rfc3339
from stockfeed.objectstore import ObjectHead
from stockfeed.trace.event import Event, Loaded
from stockfeed.verify.facts import Interval


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of an event.

    Attributes:
        name: poll, kafka, object, ledger, bronze, silver or gold.
        text: a line for people.
        at: when the event reached the stage; None if that is not recorded.
        facts: the same for programs; the keys are those of the JSON output.
    """

    name: str
    text: str
    at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def poll(event: Event) -> Stage:
    """Returns the poll, with the quote API's response."""
    quoted = event.fields.get(TIME)
    text = f"{CURRENT}={event.fields.get(CURRENT)}, {TIME}={quoted}"
    if isinstance(quoted, int) and 0 < quoted < 4_102_444_800:
        text += f" ({format_rfc3339(datetime.fromtimestamp(quoted, UTC))})"
    return Stage("poll", text, event.polled_at, {"quote": dict(event.fields)})


def kafka(event: Event, bounds: tuple[int, int] | None) -> Stage:
    """Returns the event's place in Kafka, and whether it is still there.

    Args:
        event: the event.
        bounds: the log's first offset and its end; None if Kafka was not queried.
    """
    place = f"{event.topic}, partition {event.chain.partition}, offset {event.offset}"
    kept = None if bounds is None else bounds[0] <= event.offset < bounds[1]
    facts = {
        "topic": event.topic,
        "topicId": event.chain.topic_id,
        "partition": event.chain.partition,
        "offset": event.offset,
        "kept": kept,
    }
    state = {None: "", True: "; still in the log", False: "; no longer in the log"}
    return Stage("kafka", place + state[kept], None, facts)


def stored(key: str, head: ObjectHead | None) -> Stage:
    """Returns the object that holds the event."""
    if head is None:
        return Stage("object", f"{key}: no longer in the bucket", None, {"key": key, "kept": False})
    metadata = BatchMetadata.from_s3(key, head.metadata)
    facts = {
        "key": key,
        "kept": True,
        "bytes": head.size,
        "endOffset": metadata.end,
        "records": metadata.records,
    }
    text = f"{key}: {metadata.records} records up to offset {metadata.end}, {head.size} bytes"
    return Stage("object", text, head.modified, facts)


def ledger(loaded: Loaded, interval: Interval | None) -> Stage:
    """Returns the load that wrote the event into raw."""
    if interval is None:
        text = f"batch {loaded.batch_seq}: the object is not in the ledger; run stockfeed verify"
        return Stage("ledger", text, None, {"batch": loaded.batch_seq, "offsets": None})
    text = (
        f"batch {interval.batch_seq}: offsets {interval.start} to {interval.end}, "
        f"{interval.rows} rows"
    )
    facts = {"batch": interval.batch_seq, "rows": interval.rows}
    return Stage("ledger", text, None, facts | {"offsets": [interval.start, interval.end]})


def bronze(loaded: Loaded, bad_reason: str | None) -> Stage:
    """Returns the event's row in raw, as bronze shows it."""
    text = "a good row" if bad_reason is None else f"left out of silver: {bad_reason}"
    return Stage("bronze", text, loaded.loaded_at, {"badReason": bad_reason})


def silver(row: Mapping[str, Any]) -> Stage:
    """Returns the event's quote in silver."""
    first, last = (
        format_rfc3339(row[f"{name}_seen_at"].replace(tzinfo=UTC)) for name in ("first", "last")
    )
    text = (
        f"quote {row['quote_id']}: first seen {first}, last seen {last}, batch {row['batch_seq']}"
    )
    facts = {
        "quoteId": row["quote_id"],
        "firstSeenAt": first,
        "lastSeenAt": last,
        "batch": int(row["batch_seq"]),
    }
    return Stage("silver", text, None, facts)


def latest(quote_id: str, row: Mapping[str, Any] | None) -> Stage:
    """Returns whether the quote is the symbol's latest one in gold."""
    if row is None:
        return Stage("gold", "the symbol has no latest quote", None, {"latest": None})
    is_latest = row["quote_id"] == quote_id
    moment = format_rfc3339(row["quote_at"].replace(tzinfo=UTC))
    text = "the symbol's latest quote" if is_latest else f"the latest quote is that of {moment}"
    return Stage("gold", text, None, {"latest": is_latest, "latestQuoteAt": moment})


def candle(row: Mapping[str, Any]) -> Stage:
    """Returns a candle that counts the quote."""
    start = format_rfc3339(row["bucket_start"].replace(tzinfo=UTC))
    prices = {name: str(row[name]) for name in ("open", "high", "low", "close")}
    shown = " ".join(f"{name} {value.rstrip('0').rstrip('.')}" for name, value in prices.items())
    text = f"{row['bar_interval']} candle of {start}: {shown}, {row['quotes']} quotes"
    facts = {"interval": row["bar_interval"], "start": start, "quotes": int(row["quotes"])}
    return Stage("gold", text, None, facts | prices)
