from datetime import datetime

import orjson
import pytest

from stockfeed.contract import tables
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.loader import sql
from stockfeed.loader.plan import Piece

CHAIN = Chain("us", "autos", "ab12", 3)
STAMP = sql.Stamp(7, datetime(2026, 11, 22, 20, 0, 0, 123_456))  # noqa: DTZ001 - as Snowflake's NTZ


def piece(start: int = 10, records: int = 5, lost: int = 0) -> Piece:
    first, last = (1_000, 2_000) if records else (None, None)
    return Piece(CHAIN, start, 99, "etag", BatchMetadata(start + 9, records, 1, first, last, lost))


def test_creates_the_lock_table_last_with_its_row() -> None:
    statements = [statement.text for statement in sql.set_up("STOCKS", "RAW")]

    assert statements[:2] == ["CREATE SCHEMA IF NOT EXISTS STOCKS.RAW", "USE SCHEMA STOCKS.RAW"]
    assert statements[-1] == (
        "CREATE TABLE IF NOT EXISTS LOAD_LOCK AS SELECT 0::NUMBER(38,0) AS BATCH_SEQ"
    )
    assert all("OR REPLACE" not in text for text in statements)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            tables.QUOTES,
            "V VARIANT, FILE_NAME VARCHAR, BATCH_SEQ NUMBER(38,0), LOADED_AT TIMESTAMP_NTZ",
        ),
        (
            tables.POSITION,
            "FEED VARCHAR, GROUP_NAME VARCHAR, TOPIC_ID VARCHAR, PARTITION_ID NUMBER(38,0), "
            "NEXT_OFFSET NUMBER(38,0)",
        ),
        (
            tables.LEDGER,
            "FEED VARCHAR, GROUP_NAME VARCHAR, TOPIC_ID VARCHAR, PARTITION_ID NUMBER(38,0), "
            "OBJECT_KEY VARCHAR, ETAG VARCHAR, ROW_COUNT NUMBER(38,0), ERROR_COUNT NUMBER(38,0), "
            "LOST_COUNT NUMBER(38,0), START_OFFSET NUMBER(38,0), END_OFFSET NUMBER(38,0), "
            "FIRST_TIMESTAMP NUMBER(38,0), LAST_TIMESTAMP NUMBER(38,0), BATCH_ID VARCHAR, "
            "BATCH_SEQ NUMBER(38,0), LOADED_AT TIMESTAMP_NTZ, SKIP_REASON VARCHAR",
        ),
    ],
)
def test_tables_have_the_columns_that_dbt_reads(table: str, columns: str) -> None:
    texts = [statement.text for statement in sql.set_up("STOCKS", "RAW")]

    assert f"CREATE TABLE IF NOT EXISTS {table} ({columns})" in texts


def test_copy_names_files_relative_to_the_batchs_path() -> None:
    text = sql.copy("0f1e", STAMP, ["feed=us/a.jsonl.gz", "feed=us/b.jsonl.gz"]).text

    assert text == (
        "COPY INTO SOURCE_STOCK_QUOTES (V, FILE_NAME, BATCH_SEQ, LOADED_AT) FROM ("
        "SELECT $1, METADATA$FILENAME, 7, '2026-11-22 20:00:00.123'::TIMESTAMP_NTZ "
        "FROM @STG_STOCK_QUOTES/0f1e/) FILES = ('feed=us/a.jsonl.gz', 'feed=us/b.jsonl.gz') "
        "FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP ALLOW_DUPLICATE = TRUE) ON_ERROR = SKIP_FILE"
    )


def test_escapes_object_keys_in_literals() -> None:
    text = sql.copy("0f1e", STAMP, ["feed=us/group=o'b\\/x.jsonl.gz"]).text

    assert "FILES = ('feed=us/group=o\\'b\\\\/x.jsonl.gz')" in text


def test_put_uploads_all_files_of_one_partition() -> None:
    assert sql.put("/tmp/d", "0f1e", CHAIN).text == (
        "PUT 'file:///tmp/d/*' "
        "'@STG_STOCK_QUOTES/0f1e/feed=us/group=autos/topic=ab12/partition=00003/' "
        "AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=GZIP PARALLEL=8 OVERWRITE=FALSE"
    )


def test_binds_ledger_rows_as_one_document() -> None:
    statement = sql.record("0f1e", STAMP, [piece(), piece(20, records=0, lost=10)])

    *scalars, document = statement.parameters
    assert scalars == ["0f1e", 7, "2026-11-22 20:00:00.123", None]
    first, second = orjson.loads(str(document))
    assert first == {
        "FEED": "us",
        "GROUP_NAME": "autos",
        "TOPIC_ID": "ab12",
        "PARTITION_ID": 3,
        "OBJECT_KEY": CHAIN.key(10),
        "ETAG": "etag",
        "ROW_COUNT": 5,
        "ERROR_COUNT": 1,
        "LOST_COUNT": 0,
        "START_OFFSET": 10,
        "END_OFFSET": 19,
        "FIRST_TIMESTAMP": 1_000,
        "LAST_TIMESTAMP": 2_000,
    }
    assert (second["LOST_COUNT"], second["ROW_COUNT"], second["LAST_TIMESTAMP"]) == (10, 0, None)


def test_skipped_object_counts_no_rows_and_keeps_its_interval() -> None:
    statement = sql.record("skip-7", STAMP, [piece()], "broken at the source")

    *scalars, document = statement.parameters
    [row] = orjson.loads(str(document))
    assert scalars[-1] == "broken at the source"
    assert (row["ROW_COUNT"], row["ERROR_COUNT"], row["END_OFFSET"]) == (0, 0, 19)
