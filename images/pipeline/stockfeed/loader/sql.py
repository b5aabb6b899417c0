"""Every statement that the loader sends to Snowflake."""

# ruff: noqa: S608 - names are constants of the contract; values are bound or quoted

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from stockfeed.contract import tables
from stockfeed.contract.objects import Chain
from stockfeed.loader.plan import Piece

MAX_FILES: Final = 1000
"""The limit of FILES, as Snowflake's documentation of COPY INTO states it."""

FILE_FORMAT: Final = "FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP ALLOW_DUPLICATE = TRUE)"
"""Duplicate keys in an object are legal JSON, so they must not block a partition."""

_PUT_THREADS: Final = 8
_CHAIN_COLUMNS: Final = ("FEED", "GROUP_NAME", "TOPIC_ID", "PARTITION_ID")
_PIECE_COLUMNS: Final = {
    "FEED": "VARCHAR",
    "GROUP_NAME": "VARCHAR",
    "TOPIC_ID": "VARCHAR",
    "PARTITION_ID": "NUMBER(38,0)",
    "OBJECT_KEY": "VARCHAR",
    "ETAG": "VARCHAR",
    "ROW_COUNT": "NUMBER(38,0)",
    "ERROR_COUNT": "NUMBER(38,0)",
    "LOST_COUNT": "NUMBER(38,0)",
    "START_OFFSET": "NUMBER(38,0)",
    "END_OFFSET": "NUMBER(38,0)",
    "FIRST_TIMESTAMP": "NUMBER(38,0)",
    "LAST_TIMESTAMP": "NUMBER(38,0)",
}
_BATCH_COLUMNS: Final = {
    "BATCH_ID": "VARCHAR",
    "BATCH_SEQ": "NUMBER(38,0)",
    "LOADED_AT": "TIMESTAMP_NTZ",
    "SKIP_REASON": "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A SQL statement.

    Attributes:
        action: what it does, for error messages.
        text: the SQL.
        parameters: the values of the `?` in the text; the server binds them.
    """

    action: str
    text: str
    parameters: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """A batch's number and the server's time (UTC, without a zone), read under the lock."""

    batch_seq: int
    loaded_at: datetime


def set_up(database: str, schema: str) -> list[Statement]:
    """Creates the schema, tables and stage. DDL commits, so run these outside a transaction.

    The lock table comes last and is created together with its row: if it exists, everything
    exists, and two loaders that start at the same time still create a single row.
    """
    ledger = _PIECE_COLUMNS | _BATCH_COLUMNS
    position = {name: _PIECE_COLUMNS[name] for name in _CHAIN_COLUMNS}
    quotes = {"V": "VARIANT", "FILE_NAME": "VARCHAR"}
    quotes |= {name: _BATCH_COLUMNS[name] for name in ("BATCH_SEQ", "LOADED_AT")}
    name = f"{database}.{schema}"
    return [
        Statement(f"create schema {name}", f"CREATE SCHEMA IF NOT EXISTS {name}"),
        Statement(f"use schema {name}", f"USE SCHEMA {name}"),
        _create_table(tables.QUOTES, quotes),
        _create_table(tables.LEDGER, ledger),
        _create_table(tables.POSITION, position | {"NEXT_OFFSET": "NUMBER(38,0)"}),
        Statement(f"create stage {tables.STAGE}", f"CREATE STAGE IF NOT EXISTS {tables.STAGE}"),
        Statement(
            f"create table {tables.LOCK}",
            f"CREATE TABLE IF NOT EXISTS {tables.LOCK} AS SELECT 0::NUMBER(38,0) AS BATCH_SEQ",
        ),
    ]


def read_lock() -> Statement:
    """Reads the lock row without waiting for it; fails if nothing is set up yet."""
    return Statement("read the lock row", f"SELECT BATCH_SEQ FROM {tables.LOCK}")


def begin() -> Statement:
    return Statement("begin", "BEGIN")


def commit() -> Statement:
    return Statement("commit", "COMMIT")


def rollback() -> Statement:
    return Statement("roll back", "ROLLBACK")


def lock() -> Statement:
    """Takes the lock. Only this statement of a batch waits for other loaders."""
    return Statement("lock", f"UPDATE {tables.LOCK} SET BATCH_SEQ = BATCH_SEQ + 1")


def read_stamp() -> Statement:
    """Reads the batch's number and time, under the lock."""
    return Statement(
        "read the batch's number", f"SELECT BATCH_SEQ, SYSDATE() AS LOADED_AT FROM {tables.LOCK}"
    )


def read_positions(feed: str) -> Statement:
    """Reads the next offset of every partition of a feed."""
    return Statement(
        "read positions",
        f"SELECT {', '.join(_CHAIN_COLUMNS)}, NEXT_OFFSET FROM {tables.POSITION} WHERE FEED = ?",
        (feed,),
    )


def read_ledger_positions(feed: str, topic_ids: Collection[str]) -> Statement:
    """Reads the next offset of every partition of these topics from the ledger.

    It scans the ledger, so it is only for partitions without a position.
    """
    columns = ", ".join(_CHAIN_COLUMNS)
    return Statement(
        "read positions from the ledger",
        f"SELECT {columns}, MAX(END_OFFSET) + 1 AS NEXT_OFFSET FROM {tables.LEDGER} "
        "WHERE FEED = ? AND TOPIC_ID IN "
        "(SELECT F.VALUE::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) F) "
        f"GROUP BY {columns}",
        (feed, orjson.dumps(sorted(topic_ids)).decode()),
    )


def put(directory: str, batch_id: str, chain: Chain) -> Statement:
    """Uploads the files of one chain to the batch's path in the stage.

    Args:
        directory: a local directory with nothing but the chain's files.
        batch_id: the first part of the path in the stage.
        chain: the rest of the path.
    """
    source = _literal(f"file://{directory}/*")
    target = _literal(f"@{tables.STAGE}/{batch_id}/{chain.prefix}")
    return Statement(
        f"put {chain.prefix}",
        f"PUT {source} {target} AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=GZIP "
        f"PARALLEL={_PUT_THREADS} OVERWRITE=FALSE",
    )


def copy(batch_id: str, stamp: Stamp, keys: Sequence[str]) -> Statement:
    """Copies the batch's files; skips a file with an error, and reports it in the result."""
    loaded_at = _literal(stamp.loaded_at.isoformat(sep=" ", timespec="milliseconds"))
    return Statement(
        f"copy {len(keys)} files",
        f"COPY INTO {tables.QUOTES} (V, FILE_NAME, BATCH_SEQ, LOADED_AT) FROM ("
        f"SELECT $1, METADATA$FILENAME, {stamp.batch_seq}, {loaded_at}::TIMESTAMP_NTZ "
        f"FROM @{tables.STAGE}/{batch_id}/) "
        f"FILES = ({file_list(keys)}) {FILE_FORMAT} ON_ERROR = SKIP_FILE",
    )


def file_list(keys: Sequence[str]) -> str:
    """Returns the content of `FILES = (…)`: names relative to the path in COPY's FROM."""
    return ", ".join(_literal(key) for key in keys)


def record(
    batch_id: str,
    stamp: Stamp,
    pieces: Sequence[Piece],
    skip_reason: str | None = None,
    *,
    partly: bool = False,
) -> Statement:
    """Writes a ledger row for each object.

    Args:
        batch_id: the batch's path in the stage.
        stamp: the batch's number and time.
        pieces: the objects.
        skip_reason: why they were skipped; they then count no rows.
        partly: only some of their lines were skipped; they count the others.
    """
    columns = [*_PIECE_COLUMNS, *_BATCH_COLUMNS]
    values = [f"F.VALUE:{name}::{type_}" for name, type_ in _PIECE_COLUMNS.items()]
    rows = [_ledger_row(piece, skipped=skip_reason is not None and not partly) for piece in pieces]
    return Statement(
        f"record {len(pieces)} objects",
        # A single bound JSON document keeps this one statement, whatever the batch's size.
        f"INSERT INTO {tables.LEDGER} ({', '.join(columns)}) "
        f"SELECT {', '.join(values)}, ?, ?, TO_TIMESTAMP_NTZ(?), ? "
        "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) F",
        (
            batch_id,
            stamp.batch_seq,
            stamp.loaded_at.isoformat(sep=" ", timespec="milliseconds"),
            skip_reason,
            orjson.dumps(rows).decode(),
        ),
    )


def advance(stamp: Stamp) -> Statement:
    """Moves each position past the batch's objects.

    The ledger grows in the order of BATCH_SEQ, so Snowflake scans only its newest partitions.
    """
    chain = ", ".join(_CHAIN_COLUMNS)
    same = " AND ".join(f"P.{name} = N.{name}" for name in _CHAIN_COLUMNS)
    values = ", ".join(f"N.{name}" for name in (*_CHAIN_COLUMNS, "NEXT_OFFSET"))
    return Statement(
        "advance positions",
        f"MERGE INTO {tables.POSITION} AS P USING (SELECT {chain}, MAX(END_OFFSET) + 1 AS "
        f"NEXT_OFFSET FROM {tables.LEDGER} WHERE BATCH_SEQ = ? GROUP BY {chain}) AS N ON {same} "
        "WHEN MATCHED THEN UPDATE SET NEXT_OFFSET = N.NEXT_OFFSET "
        f"WHEN NOT MATCHED THEN INSERT ({chain}, NEXT_OFFSET) VALUES ({values})",
        (stamp.batch_seq,),
    )


def count_recorded(batch_id: str, stamp: Stamp) -> Statement:
    """Counts a batch's objects in the ledger."""
    return Statement(
        "find the batch in the ledger",
        f"SELECT COUNT(*) AS OBJECTS FROM {tables.LEDGER} WHERE BATCH_SEQ = ? AND BATCH_ID = ?",
        (stamp.batch_seq, batch_id),
    )


def count_errors(stamp: Stamp) -> Statement:
    """Counts the error lines that a batch has loaded."""
    return Statement(
        "count error lines",
        "SELECT COUNT(CASE WHEN V:_error::VARCHAR IS NOT NULL THEN 1 END) AS ERRORS "
        f"FROM {tables.QUOTES} WHERE BATCH_SEQ = ?",
        (stamp.batch_seq,),
    )


def remove(batch_id: str) -> Statement:
    """Removes the batch's files from the stage."""
    return Statement("remove staged files", f"REMOVE @{tables.STAGE}/{batch_id}/")


def list_stage() -> Statement:
    """Lists all files in the stage, of running loaders and of killed ones."""
    return Statement("list staged files", f"LIST @{tables.STAGE}")


def _create_table(name: str, columns: dict[str, str]) -> Statement:
    body = ", ".join(f"{column} {type_}" for column, type_ in columns.items())
    return Statement(f"create table {name}", f"CREATE TABLE IF NOT EXISTS {name} ({body})")


def _ledger_row(piece: Piece, *, skipped: bool) -> dict[str, object]:
    metadata = piece.metadata
    return {
        "FEED": piece.chain.feed,
        "GROUP_NAME": piece.chain.group,
        "TOPIC_ID": piece.chain.topic_id,
        "PARTITION_ID": piece.chain.partition,
        "OBJECT_KEY": piece.key,
        "ETAG": piece.etag,
        "ROW_COUNT": 0 if skipped else metadata.records,
        "ERROR_COUNT": 0 if skipped else metadata.errors,
        "LOST_COUNT": metadata.lost,
        "START_OFFSET": piece.start,
        "END_OFFSET": metadata.end,
        "FIRST_TIMESTAMP": metadata.first_timestamp,
        "LAST_TIMESTAMP": metadata.last_timestamp,
    }


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
