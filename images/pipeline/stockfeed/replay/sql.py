"""Every statement that only a replay sends to Snowflake."""

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
    """The side table. DDL commits, so this runs outside of any transaction."""
    return Statement(
        f"create table {table}",
        f"CREATE TABLE IF NOT EXISTS {table} "
        "(V VARIANT, FILE_NAME VARCHAR, REPLAYED_AT TIMESTAMP_NTZ)",
    )


def read_ledger(feed: str, selection: Selection) -> Statement:
    """The objects that were loaded or skipped and may hold something of the range."""
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
        "look for the range in the ledger",
        "SELECT FEED, GROUP_NAME, TOPIC_ID, PARTITION_ID, START_OFFSET, ROW_COUNT, SKIP_REASON "
        f"FROM {tables.LEDGER} WHERE {' AND '.join(given)}",
        tuple(given.values()),
    )


def read_extents(feed: str) -> Statement:
    """What of each partition the ledger knows at all."""
    return Statement(
        "read what the ledger knows",
        "SELECT GROUP_NAME, TOPIC_ID, PARTITION_ID, MIN(START_OFFSET) AS FIRST_OFFSET, "
        "MAX(END_OFFSET) AS LAST_OFFSET, MIN(FIRST_TIMESTAMP) AS FIRST_TIMESTAMP, "
        "MAX(LAST_TIMESTAMP) AS LAST_TIMESTAMP "
        f"FROM {tables.LEDGER} WHERE FEED = ? "
        "GROUP BY GROUP_NAME, TOPIC_ID, PARTITION_ID ORDER BY GROUP_NAME, TOPIC_ID, PARTITION_ID",
        (feed,),
    )


def forget(table: str, keys: Sequence[str], selection: Selection) -> Statement:
    """Deletes what an earlier replay took of the range from these objects."""
    condition, values = _within(selection)
    return Statement(
        "delete what an earlier replay put there",
        f"DELETE FROM {table} WHERE {_KEY} IN "
        "(SELECT F.VALUE::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) F) "
        f"AND {condition}",
        (orjson.dumps(list(keys)).decode(), *values),
    )


def copy(table: str, batch_id: str, keys: Sequence[str]) -> Statement:
    """Loads the files whole: a COPY cannot leave out lines."""
    return Statement(
        f"copy {len(keys)} files",
        f"COPY INTO {table} (V, FILE_NAME, REPLAYED_AT) FROM ("
        "SELECT $1, METADATA$FILENAME, SYSDATE() "
        f"FROM @{tables.STAGE}/{batch_id}/) "
        f"FILES = ({file_list(keys)}) {FILE_FORMAT} ON_ERROR = SKIP_FILE",
    )


def trim(table: str, batch_id: str, selection: Selection) -> Statement:
    """Deletes the lines beside the range that the batch's objects hold too."""
    condition, values = _within(selection)
    return Statement(
        "delete what lies beside the range",
        f"DELETE FROM {table} WHERE LEFT(FILE_NAME, {_ID_CHARACTERS}) = ? AND NOT ({condition})",
        (batch_id, *values),
    )


def count(table: str, batch_id: str) -> Statement:
    """How many lines of the batch are in the table."""
    return Statement(
        "count what was replayed",
        f"SELECT COUNT(*) AS ROW_COUNT FROM {table} WHERE LEFT(FILE_NAME, {_ID_CHARACTERS}) = ?",
        (batch_id,),
    )


def _within(selection: Selection) -> tuple[str, tuple[int, ...]]:
    """The condition on a line, and its values."""
    column = f"V:{META}.{selection.axis}::NUMBER(38,0)"
    bounds = {f"{column} >= ?": selection.first, f"{column} <= ?": selection.last}
    given = {text: value for text, value in bounds.items() if value is not None}
    return " AND ".join(given), tuple(given.values())
