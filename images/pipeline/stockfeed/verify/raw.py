"""The raw table: counts each object's rows, and compares them with the ledger."""

# ruff: noqa: S608 - names are constants of the contract; values are bound

from collections.abc import Iterator, Mapping
from typing import Final

from stockfeed.contract import tables
from stockfeed.contract.objects import feed_prefix
from stockfeed.reader import Reader, Row
from stockfeed.verify.facts import FileRows, Interval, PartitionFacts
from stockfeed.verify.findings import Finding, Kind

FileKey = tuple[str, int]
"""An object's key, and the number of the batch that loaded it."""

_NOTHING = FileRows(0, 0, 0, None, None)
_SHOWN: Final = 20

# FILE_NAME is `<batch id>/<key>`, which Snowflake may prefix with the stage's path.
_FILES: Final = f"""
    SELECT SUBSTR(FILE_NAME, CHARINDEX('/feed=', FILE_NAME) + 1) AS OBJECT_KEY, BATCH_SEQ,
           COUNT(*) AS ROW_COUNT,
           SUM(CASE WHEN V:_error::VARCHAR IS NOT NULL THEN 1 ELSE 0 END) AS ERROR_COUNT,
           COUNT(DISTINCT V:_meta.offset::NUMBER) AS OFFSET_COUNT,
           MIN(V:_meta.offset::NUMBER) AS LOWEST, MAX(V:_meta.offset::NUMBER) AS HIGHEST
    FROM {tables.QUOTES}
    WHERE BATCH_SEQ BETWEEN ? AND ? AND CHARINDEX(?, FILE_NAME) > 0
    GROUP BY 1, 2
"""
_UNKNOWN: Final = f"""
    SELECT F.OBJECT_KEY, F.BATCH_SEQ, F.ROW_COUNT FROM ({_FILES}) F
    LEFT JOIN {tables.LEDGER} L ON L.OBJECT_KEY = F.OBJECT_KEY AND L.BATCH_SEQ = F.BATCH_SEQ
    WHERE L.OBJECT_KEY IS NULL
    ORDER BY 1, 2 LIMIT {_SHOWN}
"""


def read_files(reader: Reader, feed: str, batches: tuple[int, int]) -> Mapping[FileKey, FileRows]:
    """Counts the rows in raw of each object that these batches loaded.

    Args:
        reader: the session to use.
        feed: the feed's name.
        batches: the first and the last batch number; they let Snowflake prune the table.
    """
    prefix = f"/{feed_prefix(feed)}"
    rows = reader.rows("count rows", _FILES, *batches, prefix)
    return {(row["object_key"], int(row["batch_seq"])): _file(row) for row in rows}


def read_unknown(reader: Reader, feed: str, batches: tuple[int, int]) -> list[Finding]:
    """Finds rows in raw whose object is not in the ledger; see `read_files`."""
    prefix = f"/{feed_prefix(feed)}"
    rows = reader.rows("find unknown rows", _UNKNOWN, *batches, prefix)
    return [
        Finding(
            Kind.FOREIGN_ROWS,
            f"{row['object_key']}: raw has {row['row_count']} rows of batch {row['batch_seq']}, "
            "which are not in the ledger",
        )
        for row in rows
    ]


def _file(row: Row) -> FileRows:
    lowest, highest = row["lowest"], row["highest"]
    return FileRows(
        rows=int(row["row_count"]),
        errors=int(row["error_count"]),
        offsets=int(row["offset_count"]),
        lowest=None if lowest is None else int(lowest),
        highest=None if highest is None else int(highest),
    )


def check_raw(facts: PartitionFacts) -> Iterator[Finding]:
    """Yields objects with too few, too many, repeated or foreign rows in raw."""
    for interval in facts.intervals:
        found = facts.files.get((interval.key, interval.batch_seq), _NOTHING)
        yield from _check_file(interval, found)


def _check_file(interval: Interval, found: FileRows) -> Iterator[Finding]:
    if found.rows > found.offsets:
        yield Finding(
            Kind.DUPLICATE_ROWS,
            f"{interval.key}: raw has {found.rows} rows for {found.offsets} offsets",
        )
    elif (found.rows, found.errors) != (interval.rows, interval.errors):
        yield Finding(
            Kind.ROW_COUNT,
            f"{interval.key}: raw has {found.rows} rows ({found.errors} of them error lines), the "
            f"ledger {interval.rows} ({interval.errors})",
        )
    if not _inside(interval, found):
        yield Finding(
            Kind.FOREIGN_ROWS,
            f"{interval.key}: raw has rows of offsets {found.lowest} to {found.highest}, but the "
            f"object holds {interval.start} to {interval.end}",
        )


def _inside(interval: Interval, found: FileRows) -> bool:
    if found.lowest is None or found.highest is None:
        return found.rows == 0
    return interval.start <= found.lowest and found.highest <= interval.end
