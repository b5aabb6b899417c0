"""The statements that only a replay sends to Snowflake."""

# ruff: noqa: S608 - names are constants or checked settings; values are bound

from collections.abc import Sequence
from typing import Final

import orjson

from stockfeed.contract import tables
from stockfeed.contract.events import META
from stockfeed.loader.sql import FILE_FORMAT, Statement, file_list
from stockfeed.replay.selection import Axis, Selection

_ID_CHARACTERS: Final = 32
_KEY: Final = f"SUBSTR(FILE_NAME, {_ID_CHARACTERS + 2})"
_BOUNDS: Final = {
    Axis.OFFSET: ("START_OFFSET", "END_OFFSET"),
    Axis.TIME: ("FIRST_TIMESTAMP", "LAST_TIMESTAMP"),
}


def create(table: str) -> Statement:
    """Creates the side table. DDL commits, so run this outside a transaction."""
    return Statement(
        f"create table {table}",
        f"CREATE TABLE IF NOT EXISTS {table} "
        "(V VARIANT, FILE_NAME VARCHAR, REPLAYED_AT TIMESTAMP_NTZ)",
    )


def read_ledger(feed: str, selection: Selection) -> Statement:
    """Reads the loaded or skipped objects that may hold lines of the range."""
    begin, end = _BOUNDS[selection.axis]
    first, last = selection.object_bounds
    conditions = {
        "FEED = ?": feed,
        "GROUP_NAME = ?": selection.group,
        "TOPIC_ID = ?": selection.topic_id,
        "PARTITION_ID = ?": selection.partition,
        f"{end} >= ?": first,
        f"{begin} <= ?": last,
    }
    given = {text: value for text, value in conditions.items() if value is not None}
    return Statement(
        "find the range in the ledger",
        "SELECT FEED, GROUP_NAME, TOPIC_ID, PARTITION_ID, START_OFFSET, ROW_COUNT, SKIP_REASON "
        f"FROM {tables.LEDGER} WHERE {' AND '.join(given)}",
        tuple(given.values()),
    )


def read_extents(feed: str) -> Statement:
    """Reads the first and last offset and time of each partition in the ledger."""
    return Statement(
        "read the ledger's extent",
        "SELECT GROUP_NAME, TOPIC_ID, PARTITION_ID, MIN(START_OFFSET) AS FIRST_OFFSET, "
        "MAX(END_OFFSET) AS LAST_OFFSET, MIN(FIRST_TIMESTAMP) AS FIRST_TIMESTAMP, "
        "MAX(LAST_TIMESTAMP) AS LAST_TIMESTAMP "
        f"FROM {tables.LEDGER} WHERE FEED = ? "
        "GROUP BY GROUP_NAME, TOPIC_ID, PARTITION_ID ORDER BY GROUP_NAME, TOPIC_ID, PARTITION_ID",
        (feed,),
    )


def delete_earlier(table: str, keys: Sequence[str], selection: Selection) -> Statement:
    """Deletes the range's lines of these objects that an earlier replay loaded."""
    condition, values = _within(selection)
    return Statement(
        "delete the lines of earlier replays",
        f"DELETE FROM {table} WHERE {_KEY} IN "
        "(SELECT F.VALUE::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) F) "
        f"AND {condition}",
        (orjson.dumps(list(keys)).decode(), *values),
    )


def copy(table: str, batch_id: str, keys: Sequence[str]) -> Statement:
    """Copies all lines of the files: a COPY cannot filter them."""
    return Statement(
        f"copy {len(keys)} files",
        f"COPY INTO {table} (V, FILE_NAME, REPLAYED_AT) FROM ("
        "SELECT $1, METADATA$FILENAME, SYSDATE() "
        f"FROM @{tables.STAGE}/{batch_id}/) "
        f"FILES = ({file_list(keys)}) {FILE_FORMAT} ON_ERROR = SKIP_FILE",
    )


def trim(table: str, batch_id: str, selection: Selection) -> Statement:
    """Deletes the batch's lines outside the range."""
    condition, values = _within(selection)
    return Statement(
        "delete the lines outside the range",
        f"DELETE FROM {table} WHERE LEFT(FILE_NAME, {_ID_CHARACTERS}) = ? AND NOT ({condition})",
        (batch_id, *values),
    )


def count(table: str, batch_id: str) -> Statement:
    """Counts the batch's lines in the table."""
    return Statement(
        "count the replayed lines",
        f"SELECT COUNT(*) AS ROW_COUNT FROM {table} WHERE LEFT(FILE_NAME, {_ID_CHARACTERS}) = ?",
        (batch_id,),
    )


def _within(selection: Selection) -> tuple[str, tuple[int, ...]]:
    """Returns the SQL condition that a line is in the range, and the values to bind."""
    column = f"V:{META}.{selection.axis}::NUMBER(38,0)"
    bounds = {f"{column} >= ?": selection.first, f"{column} <= ?": selection.last}
    given = {text: value for text, value in bounds.items() if value is not None}
    return " AND ".join(given), tuple(given.values())
