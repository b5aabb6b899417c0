"""A landing zone to fill and a warehouse to inspect, for tests of the complete loader."""

import gzip
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from prometheus_client import CollectorRegistry

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.loader.report import Report
from stockfeed.loader.service import Service
from stockfeed.loader.skip import skip
from stockfeed.loader.warehouse import Warehouse
from stockfeed.metrics import LoaderMetrics
from stockfeed.objectstore import ObjectStore, object_store
from stockfeed.settings import LoaderSettings
from stockfeed_local.stack.s3 import SeaweedS3
from stockfeed_local.stack.snowflake import SnowflakeEmulator

FEED = "us"


@pytest.fixture(scope="session")
def impatient_snowflake(
    tmp_path_factory: pytest.TempPathFactory, service_logs: Path
) -> Iterator[SnowflakeEmulator]:
    """A Snowflake that aborts a killed client's transaction after 1 s instead of 5 min."""
    home = tmp_path_factory.mktemp("impatient")
    with SnowflakeEmulator(home, service_logs, idle_transaction_timeout=1.0) as service:
        yield service


@dataclass
class Landing:
    """Writes batch objects like a consumer.

    Attributes:
        store: the bucket.
        landed: chain, start and metadata of each object by key: what tests expect to be loaded.
    """

    store: ObjectStore
    landed: dict[str, tuple[Chain, int, BatchMetadata]] = field(default_factory=dict)

    def chain(self, partition: int = 0, group: str = "autos") -> Chain:
        return Chain(FEED, group, "0123456789abcdef0123456789abcdef", partition)

    def land(
        self,
        chain: Chain,
        start: int,
        count: int = 10,
        *,
        body: bytes | None = None,
        records: int | None = None,
        lost: int = 0,
        previous: int | None = None,
    ) -> str:
        """Lands one object with the offsets from `start` on; returns its key."""
        end = start + (lost or count) - 1
        known = 0 if lost else count if records is None else records
        first, last = (None, None) if lost else (_timestamp(start), _timestamp(end))
        metadata = BatchMetadata(end, known, 0, first, last, lost, previous)
        content = body if body is not None else b"" if lost else lines(chain, start, count)
        key = chain.key(start)
        assert self.store.create(key, gzip.compress(content), metadata.to_s3())
        self.landed[key] = (chain, start, metadata)
        return key

    def land_many(self, chain: Chain, start: int, objects: int, count: int = 10) -> list[str]:
        """Lands consecutive objects; returns their keys."""
        return [self.land(chain, start + i * count, count) for i in range(objects)]


def lines(chain: Chain, start: int, count: int) -> bytes:
    """Returns the landed lines of the offsets from `start` on."""
    quotes = (
        {"symbol": "F", "c": 10.5, "t": 1_713_456_789, "_meta": _meta(chain, offset)}
        for offset in range(start, start + count)
    )
    return b"".join(json.dumps(quote).encode() + b"\n" for quote in quotes)


def _meta(chain: Chain, offset: int) -> dict[str, Any]:
    return {
        "topic": "stock-quotes.us.autos",
        "partition": chain.partition,
        "offset": offset,
        "timestamp": _timestamp(offset),
    }


def _timestamp(offset: int) -> int:
    return 1_713_456_789_000 + offset


@dataclass
class Target:
    """A separate schema, the loader that fills it, and the checks of its content.

    Attributes:
        environment: the environment of a loader process.
    """

    environment: dict[str, str]
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def settings(self) -> LoaderSettings:
        return LoaderSettings.from_env(self.environment)

    def load(self) -> Report:
        """Runs one load in the test's process."""
        report = Report()
        self.load_into(report)
        return report

    def load_into(self, report: Report) -> None:
        """Runs one load, with a report that the test can read after a failure."""
        settings = self.settings
        metrics = LoaderMetrics(CollectorRegistry())
        with Warehouse(settings) as warehouse:
            Service(settings, object_store(settings), warehouse, metrics, self.stop).load(report)

    def skip(self, key: str, reason: str, skipped: Collection[int] = ()) -> None:
        """Runs `stockfeed loader --skip` in the test's process."""
        settings = self.settings
        with Warehouse(settings) as warehouse:
            skip(object_store(settings), warehouse, settings.feed, key, reason, skipped)

    def process(self, *arguments: str) -> "subprocess.Popen[str]":
        """Starts `stockfeed loader …`."""
        command = [str(Path(sys.executable).with_name("stockfeed")), "loader", *arguments]
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **self.environment}
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Runs a query in the loader's schema and returns its rows."""
        settings = self.settings
        with snowflake.connector.connect(
            account="a",
            user="tester",
            password="x",
            host=self.environment["SNOWFLAKE_HOST"],
            port=self.environment["SNOWFLAKE_PORT"],
            protocol="http",
            database=settings.database,
            schema=settings.raw_schema,
            network_timeout=20,
        ) as connection:
            cursor = connection.cursor()
            cursor.execute(text)
            return [tuple(row) for row in cursor.fetchall()]

    def check(self, landing: Landing, missing: int = 0) -> None:
        """Checks that each landed object is loaded once, in order, and recorded accordingly.

        Args:
            landing: the expected objects.
            missing: the number of newest objects that must not be loaded.
        """
        expected = dict(list(landing.landed.items())[: len(landing.landed) - missing])
        self._check_quotes(expected)
        self._check_ledger(expected)
        self._check_positions(expected)

    def _check_quotes(self, expected: dict[str, tuple[Chain, int, BatchMetadata]]) -> None:
        rows = self.query(
            "SELECT V:_meta.partition::NUMBER, V:_meta.offset::NUMBER, BATCH_SEQ, FILE_NAME "
            "FROM SOURCE_STOCK_QUOTES ORDER BY 1, 2, 3"
        )
        offsets = [(int(row[0]), int(row[1])) for row in rows]
        wanted = [
            (chain.partition, offset)
            for chain, start, metadata in expected.values()
            for offset in range(start, start + metadata.records)
        ]
        assert offsets == sorted(wanted)
        for previous, row in pairwise(rows):
            assert previous[0] != row[0] or previous[2] <= row[2]
        assert {str(row[3]).partition("/")[2] for row in rows} == {
            key for key, (_, _, metadata) in expected.items() if metadata.records
        }

    def _check_ledger(self, expected: dict[str, tuple[Chain, int, BatchMetadata]]) -> None:
        rows = self.query(
            "SELECT OBJECT_KEY, START_OFFSET, END_OFFSET, ROW_COUNT, LOST_COUNT FROM LOAD_LEDGER "
            "ORDER BY 1"
        )
        assert [(str(row[0]), *map(int, row[1:])) for row in rows] == sorted(
            (key, start, metadata.end, metadata.records, metadata.lost)
            for key, (_, start, metadata) in expected.items()
        )

    def _check_positions(self, expected: dict[str, tuple[Chain, int, BatchMetadata]]) -> None:
        ends: dict[int, int] = {}
        for chain, _, metadata in expected.values():
            ends[chain.partition] = max(ends.get(chain.partition, 0), metadata.end + 1)
        rows = self.query("SELECT PARTITION_ID, NEXT_OFFSET FROM LOAD_POSITION ORDER BY 1")
        assert [(int(row[0]), int(row[1])) for row in rows] == sorted(ends.items())


@pytest.fixture
def landing(object_store: ObjectStore) -> Landing:
    return Landing(object_store)


@pytest.fixture
def make_target(
    s3: SeaweedS3, s3_bucket: str, tmp_path: Path
) -> Callable[[SnowflakeEmulator], Target]:
    """Creates targets for the test's bucket, each with a schema that does not exist yet."""

    def make(service: SnowflakeEmulator) -> Target:
        credentials = tmp_path / "minio"
        credentials.mkdir()
        (credentials / "accessKeyId").write_text(s3.access_key)
        (credentials / "secretAccessKey").write_text(s3.secret_key)
        return Target(
            {
                "STOCKFEED_FEED": FEED,
                "STOCKFEED_S3_ENDPOINT": s3.endpoint,
                "STOCKFEED_S3_BUCKET": s3_bucket,
                "STOCKFEED_S3_CREDENTIALS_DIR": str(credentials),
                "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
                "STOCKFEED_WAREHOUSE_SCHEMA": f"RAW_{uuid.uuid4().hex[:8].upper()}",
                "STOCKFEED_OUTPUTS_DIR": str(tmp_path / "outputs"),
                "STOCKFEED_HTTP_PORT": "0",
                "SNOWFLAKE_ACCOUNT": "local",
                "SNOWFLAKE_USER": "loader",
                "SNOWFLAKE_PASSWORD": "local",
                "SNOWFLAKE_HOST": service.host,
                "SNOWFLAKE_PORT": str(service.port),
                "SNOWFLAKE_PROTOCOL": "http",
            }
        )

    return make


@pytest.fixture
def target(
    make_target: Callable[[SnowflakeEmulator], Target], snowflake: SnowflakeEmulator
) -> Target:
    return make_target(snowflake)


@pytest.fixture
def impatient_target(
    make_target: Callable[[SnowflakeEmulator], Target], impatient_snowflake: SnowflakeEmulator
) -> Target:
    return make_target(impatient_snowflake)
