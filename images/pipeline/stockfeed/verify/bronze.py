"""Bronze: selects the rows to verify, for the queries that compare them with silver and gold."""

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
"""The columns that identify a quote: rows that agree in them are the same quote."""

_COLUMNS: Final = (
    *("TOPIC_ID", "PARTITION_ID", "KAFKA_OFFSET", *IDENTITY),
    *("POLL_AT", "BAD_REASON", "BATCH_SEQ", "LOADED_AT"),
)


@dataclass(frozen=True, slots=True)
class BronzeRows:
    """The rows of bronze to verify.

    Attributes:
        query: a SELECT of the rows.
        values: the query's parameters.
        first: the oldest good row's market time in Unix seconds; None if no row is good.
        last: the newest good row's market time.
    """

    query: str
    values: tuple[object, ...]
    first: int | None
    last: int | None

    def market_times(self, seconds: int) -> tuple[int, int]:
        """Returns the rows' market times, rounded out to multiples of `seconds`; end exclusive.

        The queries bind them as values, because Snowflake prunes silver only by constants.
        """
        first, last = self.first or 0, self.last or 0
        return first - first % seconds, last - last % seconds + seconds


def read_bronze(
    reader: Reader, reach: Mapping[Chain, tuple[int, int]], batches: tuple[int, int]
) -> BronzeRows:
    """Selects the rows between two offsets of each chain.

    Args:
        reader: the session to use.
        reach: the first and the last offset by chain.
        batches: the first and the last batch that loaded them; they let Snowflake prune bronze.

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
    return BronzeRows(query, values, _number(row["first_t"]), _number(row["last_t"]))


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))
