"""The ledger: reads each partition's intervals, and checks that they form an unbroken chain."""

# ruff: noqa: S608 - names are constants of the contract; values are bound

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from stockfeed.contract import tables
from stockfeed.contract.objects import Chain
from stockfeed.contract.times import to_milliseconds
from stockfeed.reader import MissingTableError, Reader, Row
from stockfeed.verify.facts import Head, Interval, PartitionFacts, Window
from stockfeed.verify.findings import Finding, Kind

_CHAIN: Final = "GROUP_NAME, TOPIC_ID, PARTITION_ID"
_SAME: Final = " AND ".join(
    f"L.{name} = R.{name}" for name in ("FEED", "GROUP_NAME", "TOPIC_ID", "PARTITION_ID")
)

_HEADS: Final = f"""
    SELECT {", ".join(f"L.{name}" for name in _CHAIN.split(", "))},
           MIN(L.START_OFFSET) AS FIRST_OFFSET, MAX(L.END_OFFSET) + 1 AS END_OFFSET,
           MAX(R.NEXT_OFFSET) AS NEXT_OFFSET
    FROM {tables.LEDGER} L LEFT JOIN {tables.POSITION} R ON {_SAME}
    WHERE L.FEED = ?
    GROUP BY 1, 2, 3
"""

# A gap may be as long as the window, so the rows just outside the window are read, too.
_INTERVALS: Final = f"""
    WITH EDGES AS (
        SELECT FEED, {_CHAIN},
               MIN(START_OFFSET) AS FIRST_START, MAX(START_OFFSET) AS LAST_START,
               MAX(CASE WHEN LAST_TIMESTAMP < ? THEN START_OFFSET END) AS LAST_BEFORE,
               MIN(CASE WHEN LAST_TIMESTAMP >= ? THEN START_OFFSET END) AS EARLIEST,
               MIN(CASE WHEN FIRST_TIMESTAMP >= ? THEN START_OFFSET END) AS FIRST_BEHIND,
               MAX(CASE WHEN FIRST_TIMESTAMP < ? THEN START_OFFSET END) AS LATEST
        FROM {tables.LEDGER} WHERE FEED = ?
        GROUP BY FEED, {_CHAIN}
    ),
    REACH AS (
        SELECT FEED, {_CHAIN},
               LEAST(COALESCE(LAST_BEFORE, FIRST_START), COALESCE(EARLIEST, LAST_START))
                   AS FROM_OFFSET,
               GREATEST(COALESCE(FIRST_BEHIND, LAST_START), COALESCE(LATEST, FIRST_START))
                   AS TO_OFFSET
        FROM EDGES
    )
    SELECT L.* FROM {tables.LEDGER} L JOIN REACH R ON {_SAME}
    WHERE L.END_OFFSET >= R.FROM_OFFSET AND L.START_OFFSET <= R.TO_OFFSET
    ORDER BY L.START_OFFSET, L.END_OFFSET
"""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger by chain: how far each was loaded, and its intervals in the window."""

    heads: Mapping[Chain, Head]
    intervals: Mapping[Chain, Sequence[Interval]]


_ONE: Final = f"SELECT * FROM {tables.LEDGER} WHERE BATCH_SEQ = ? AND OBJECT_KEY = ?"


def read_heads(reader: Reader, feed: str) -> dict[Chain, Head]:
    """Returns how far each chain of the feed was loaded; empty if nothing ever was."""
    try:
        rows = reader.rows("read the ledger's ends", _HEADS, feed)
    except MissingTableError:
        return {}
    return {_chain(feed, row): _head(row) for row in rows}


def read_interval(reader: Reader, key: str, batch_seq: int) -> Interval | None:
    """Returns the ledger's row of one object, or None."""
    rows = reader.rows("read the ledger's row", _ONE, batch_seq, key)
    return _interval(rows[0]) if rows else None


def read_ledger(reader: Reader, feed: str, window: Window) -> Ledger:
    """Reads the feed's part of the ledger; it is empty if no loader has created the tables yet.

    Outside the window, only aggregates of the ledger are returned.
    """
    start, end = to_milliseconds(window.start), to_milliseconds(window.end)
    found = read_heads(reader, feed)
    if not found:
        return Ledger({}, {})
    rows = reader.rows("read the ledger", _INTERVALS, start, start, end, end, feed)
    intervals: dict[Chain, list[Interval]] = defaultdict(list)
    for row in rows:
        chain = _chain(feed, row)
        # Rows that were committed after the heads were read belong to the next verification.
        if chain in found and int(row["end_offset"]) < found[chain].end:
            intervals[chain].append(_interval(row))
    return Ledger(found, intervals)


def _chain(feed: str, row: Row) -> Chain:
    return Chain(feed, row["group_name"], row["topic_id"], int(row["partition_id"]))


def _head(row: Row) -> Head:
    return Head(
        first=int(row["first_offset"]),
        end=int(row["end_offset"]),
        position=_number(row["next_offset"]),
    )


def _interval(row: Row) -> Interval:
    return Interval(
        key=row["object_key"],
        etag=row["etag"],
        start=int(row["start_offset"]),
        end=int(row["end_offset"]),
        rows=int(row["row_count"]),
        errors=int(row["error_count"]),
        lost=int(row["lost_count"]),
        last_ms=_number(row["last_timestamp"]),
        batch_seq=int(row["batch_seq"]),
        skip_reason=row["skip_reason"],
    )


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))


def check_ledger(facts: PartitionFacts) -> Iterator[Finding]:
    """Yields gaps, overlaps, lost offsets, and a position that is not the chain's end."""
    for before, after in pairwise(facts.intervals):
        yield from _check_pair(before, after)
    for interval in facts.intervals:
        if interval.lost:
            yield Finding(
                Kind.LOST,
                f"{interval.key}: Kafka's retention removed {interval.lost} offsets from "
                f"{interval.start} on before they were landed",
            )
    yield from _check_head(facts)


def _check_pair(before: Interval, after: Interval) -> Iterator[Finding]:
    if after.start > before.end + 1:
        yield Finding(
            Kind.GAP,
            f"offsets {before.end + 1} to {after.start - 1} are in no object of the ledger: "
            f"{before.key} ends at {before.end}, and {after.key} is next",
        )
    elif after.start <= before.end:
        yield Finding(
            Kind.OVERLAP,
            f"{after.key} and {before.key} both claim offsets up to {min(before.end, after.end)}",
        )


def _check_head(facts: PartitionFacts) -> Iterator[Finding]:
    head = facts.head
    if head is None:
        return
    if head.position != head.end:
        yield Finding(
            Kind.POSITION,
            f"LOAD_POSITION is {head.position}, but the ledger's next offset is {head.end}: the "
            "next load would skip or repeat the offsets between them",
        )
    if facts.broker_log is not None and facts.broker_log.low < head.first:
        yield Finding(
            Kind.GAP,
            f"the chain starts at offset {head.first}, but Kafka still has offsets from "
            f"{facts.broker_log.low} on",
        )
