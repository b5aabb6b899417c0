"""Whether raw has exactly the rows that the ledger counts, each offset once."""

from collections.abc import Iterator

from stockfeed.verify.facts import FileRows, Interval, PartitionFacts
from stockfeed.verify.findings import Finding, Kind

_NOTHING = FileRows(0, 0, 0, None, None)


def check_rows(facts: PartitionFacts) -> Iterator[Finding]:
    """Objects whose rows in raw are too few, too many, repeated, or of other offsets."""
    for interval in facts.intervals:
        found = facts.files.get((interval.key, interval.batch_seq), _NOTHING)
        yield from _check_file(interval, found)


def _check_file(interval: Interval, found: FileRows) -> Iterator[Finding]:
    if found.rows > found.offsets:
        yield Finding(
            Kind.DUPLICATE_ROWS,
            f"{interval.key}: raw has {found.rows} rows of {found.offsets} offsets",
        )
    elif (found.rows, found.errors) != (interval.rows, interval.errors):
        yield Finding(
            Kind.ROW_COUNT,
            f"{interval.key}: raw has {found.rows} rows ({found.errors} of them error lines), the "
            f"ledger says {interval.rows} ({interval.errors})",
        )
    if not _inside(interval, found):
        yield Finding(
            Kind.FOREIGN_ROWS,
            f"{interval.key}: raw has rows of offsets {found.lowest} to {found.highest}, the "
            f"object holds {interval.start} to {interval.end}",
        )


def _inside(interval: Interval, found: FileRows) -> bool:
    if found.lowest is None or found.highest is None:
        return found.rows == 0
    return interval.start <= found.lowest and found.highest <= interval.end
