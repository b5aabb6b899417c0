"""Which rows of bronze are looked at, as a part of the queries about silver and gold."""

# ruff: noqa: S608 - names are checked settings and constants; values are bound

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from stockfeed.contract.objects import Chain
from stockfeed.reader import Reader

BRONZE: Final = "BRONZE_STG_STOCK"
SILVER: Final = "SILVER_CLEAN_STOCK"
IDENTITY: Final = ("SYMBOL", "T", "C", "O", "H", "L", "PC")
"""The columns in which two rows agree that are one quote."""

_COLUMNS: Final = (
    *("TOPIC_ID", "PARTITION_ID", "KAFKA_OFFSET", *IDENTITY),
    *("POLL_AT", "BAD_REASON", "BATCH_SEQ", "LOADED_AT"),
)


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows of bronze.

    Attributes:
        query: gives them.
        values: of the query's parameters.
        first: market time of the oldest good one, Unix seconds; None where none is good.
        last: of the newest one.
    """

    query: str
    values: tuple[object, ...]
    first: int | None
    last: int | None

    def slices(self, seconds: int) -> tuple[int, int]:
        """Bounds of the whole slices of time that hold the rows; the second is no part.

        They are bound as literals: Snowflake prunes silver by nothing else.
        """
        first, last = self.first or 0, self.last or 0
        return first - first % seconds, last - last % seconds + seconds


def read_lines(
    reader: Reader, reach: Mapping[Chain, tuple[int, int]], batches: tuple[int, int]
) -> Lines:
    """The rows between two offsets of each chain.

    Args:
        reader: a session.
        reach: the first and the last offset of each chain.
        batches: the first and the last batch that loaded them; Snowflake reads no others.

    Raises:
        MissingTableError: nothing was ever built.
    """
    parts = [
        {"TOPIC_ID": chain.topic_id, "PARTITION_ID": chain.partition, "LO": lo, "HI": hi}
        for chain, (lo, hi) in reach.items()
    ]
    query = f"""
        SELECT {", ".join(f"B.{name}" for name in _COLUMNS)}
        FROM {reader.models}.{BRONZE} B JOIN (
            SELECT F.VALUE:TOPIC_ID::VARCHAR AS TOPIC_ID,
                   F.VALUE:PARTITION_ID::NUMBER(38,0) AS PARTITION_ID,
                   F.VALUE:LO::NUMBER(38,0) AS LO, F.VALUE:HI::NUMBER(38,0) AS HI
            FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) F
        ) R ON B.TOPIC_ID = R.TOPIC_ID AND B.PARTITION_ID = R.PARTITION_ID
           AND B.KAFKA_OFFSET BETWEEN R.LO AND R.HI
        WHERE B.BATCH_SEQ BETWEEN ? AND ?
    """
    values = (orjson.dumps(parts).decode(), *batches)
    times = f"SELECT MIN(T) AS FIRST_T, MAX(T) AS LAST_T FROM ({query}) WHERE BAD_REASON IS NULL"
    (row,) = reader.rows("read the rows' times", times, *values)
    return Lines(query, values, _number(row["first_t"]), _number(row["last_t"]))


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))
