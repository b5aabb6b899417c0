"""A minute's load must not cost more if years are loaded already."""

import gzip
import statistics
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import CollectorRegistry

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.loader.report import Report
from stockfeed.loader.service import Service
from stockfeed.loader.sql import Statement
from stockfeed.loader.warehouse import Warehouse
from stockfeed.metrics import LoaderMetrics
from stockfeed.objectstore import ObjectStore
from stockfeed.settings import LoaderSettings
from stockfeed_local.stack.snowflake import SnowflakeEmulator

LOADS = 5
PARTITIONS = 3
OBJECTS_A_LOAD = 4
RECORDS = 500
LINES = gzip.compress(b'{"symbol":"F","c":10.5,"t":1713456789,"_meta":{"offset":1}}\n' * RECORDS)


def settings(service: SnowflakeEmulator, feed: str) -> LoaderSettings:
    return LoaderSettings.from_env(
        {
            "STOCKFEED_FEED": feed,
            "STOCKFEED_S3_BUCKET": "unused",
            "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
            "STOCKFEED_WAREHOUSE_SCHEMA": f"RAW_{uuid.uuid4().hex[:8].upper()}",
            "SNOWFLAKE_ACCOUNT": "local",
            "SNOWFLAKE_USER": "loader",
            "SNOWFLAKE_PASSWORD": "local",
            "SNOWFLAKE_HOST": service.host,
            "SNOWFLAKE_PORT": str(service.port),
            "SNOWFLAKE_PROTOCOL": "http",
        }
    )


def land(store: ObjectStore, feed: str, first: int, objects: int) -> None:
    def put(index: int) -> None:
        chain = Chain(feed, "autos", "ab12", index % PARTITIONS)
        start = (first + index // PARTITIONS) * RECORDS
        metadata = BatchMetadata(start + RECORDS - 1, RECORDS, 0, 1, 2)
        store.create(chain.key(start), LINES, metadata.to_s3())

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(put, range(objects * PARTITIONS)))


def insert_history(warehouse: Warehouse, feed: str, rows: int, objects: int) -> None:
    """Inserts rows and ledger entries as if `objects` batches had been loaded per partition."""
    warehouse.set_up()
    for text in (
        "INSERT INTO SOURCE_STOCK_QUOTES SELECT PARSE_JSON('{\"symbol\":\"F\"}'), 'old', "
        f"FLOOR(SEQ4() * {objects} / {rows}), SYSDATE() FROM TABLE(GENERATOR(ROWCOUNT => {rows}))",
        "INSERT INTO LOAD_LEDGER (FEED, GROUP_NAME, TOPIC_ID, PARTITION_ID, OBJECT_KEY, "
        f"END_OFFSET, BATCH_SEQ) SELECT '{feed}', 'autos', 'ab12', 0, 'old', SEQ4(), SEQ4() "
        f"FROM TABLE(GENERATOR(ROWCOUNT => {objects}))",
        f"INSERT INTO LOAD_POSITION SELECT '{feed}', 'autos', 'ab12', SEQ4(), "
        f"{objects * RECORDS} FROM TABLE(GENERATOR(ROWCOUNT => {PARTITIONS}))",
        f"UPDATE LOAD_LOCK SET BATCH_SEQ = {objects}",
    ):
        warehouse.run(Statement("invent history", text))


def seconds_a_load(
    service: SnowflakeEmulator, store: ObjectStore, feed: str, rows: int, objects: int
) -> float:
    given = settings(service, feed)
    land(store, feed, 0, objects)
    times = []
    with Warehouse(given) as warehouse:
        insert_history(warehouse, feed, rows, objects)
        loader = Service(
            given, store, warehouse, LoaderMetrics(CollectorRegistry()), threading.Event()
        )
        for number in range(LOADS):
            land(store, feed, objects + number * OBJECTS_A_LOAD, OBJECTS_A_LOAD)
            report = Report()
            started = time.perf_counter()
            loader.load(report)
            times.append(time.perf_counter() - started)
            assert report.rows == PARTITIONS * OBJECTS_A_LOAD * RECORDS
    return statistics.median(times)


@pytest.mark.bench
def test_load_time_does_not_grow_with_history(
    object_store: ObjectStore, snowflake: SnowflakeEmulator
) -> None:
    small = seconds_a_load(snowflake, object_store, "small", rows=10_000, objects=20)
    large = seconds_a_load(snowflake, object_store, "large", rows=1_000_000, objects=1_000)

    rows = PARTITIONS * OBJECTS_A_LOAD * RECORDS
    print(
        f"\nloader: {rows} rows a load take {small:.2f} s after 10,000 rows and {large:.2f} s "
        f"after 1,000,000 (ratio {large / small:.2f})"
    )
