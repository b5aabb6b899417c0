"""Whether the ledger's intervals of a partition form one unbroken chain, up to its position."""

from collections.abc import Iterator
from itertools import pairwise

from stockfeed.verify.facts import Interval, PartitionFacts
from stockfeed.verify.findings import Finding, Kind


def check_chain(facts: PartitionFacts) -> Iterator[Finding]:
    """Gaps, overlaps, lost offsets, and a position that is not the chain's end."""
    for before, after in pairwise(facts.intervals):
        yield from _check_pair(before, after)
    for interval in facts.intervals:
        if interval.lost:
            yield Finding(
                Kind.LOST,
                f"{interval.key}: {interval.lost} offsets from {interval.start} on were removed by "
                "Kafka's retention before they were landed",
            )
    yield from _check_head(facts)


def _check_pair(before: Interval, after: Interval) -> Iterator[Finding]:
    if after.start > before.end + 1:
        yield Finding(
            Kind.GAP,
            f"offsets {before.end + 1} to {after.start - 1} are in no object of the ledger: "
            f"{before.key} ends at {before.end}, {after.key} comes next",
        )
    elif after.start <= before.end:
        yield Finding(
            Kind.OVERLAP,
            f"{after.key} claims offsets up to {min(before.end, after.end)}, which {before.key} "
            "claims too",
        )


def _check_head(facts: PartitionFacts) -> Iterator[Finding]:
    head = facts.head
    if head is None:
        return
    if head.position != head.end:
        yield Finding(
            Kind.POSITION,
            f"LOAD_POSITION says {head.position}, but the ledger's chain ends before offset "
            f"{head.end}: the next load would skip or repeat what lies between",
        )
    if facts.log is not None and facts.log.low < head.first:
        yield Finding(
            Kind.GAP,
            f"the chain begins at offset {head.first}, but Kafka still has offsets from "
            f"{facts.log.low} on",
        )
