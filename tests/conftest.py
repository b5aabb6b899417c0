"""Fixtures that start real services, once per pytest worker, when a test first asks for them."""

import itertools
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from xdist.remote import Producer

from stockfeed.objectstore import ObjectStore
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.quote_server import QuoteServer
from stockfeed_local.stack.s3 import SeaweedS3
from stockfeed_local.stack.snowflake import SnowflakeEmulator
from support.scheduling import DurationRecorder, UnitScheduling, sort_items
from support.signals import start_children_with_default_signals


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of `make test-images`, `make test-tape` and `make test-durations`."""
    parser.addoption("--images", action="store_true", help="run workflows in the built images")
    parser.addoption("--whole-tape", action="store_true", help="play all bars in the demo's test")
    parser.addoption(
        "--record-durations", action="store_true", help="write seconds by file to durations.json"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Makes the run independent of the signals that its starter ignores, as `nohup` does."""
    start_children_with_default_signals()
    # The connector would ask a cloud's metadata address; tests stay on loopback.
    os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"
    if config.option.record_durations and not hasattr(config, "workerinput"):
        config.pluginmanager.register(DurationRecorder())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests that take longest first."""
    sort_items(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> UnitScheduling:
    """Replaces the choice of `--dist`."""
    return UnitScheduling(config, log)


@pytest.fixture(scope="session")
def service_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's services log."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory, service_logs: Path) -> Iterator[SeaweedS3]:
    """A running S3 of this worker's own; `s3.client()` is a boto3 client for it."""
    with SeaweedS3(tmp_path_factory.mktemp("s3"), service_logs) as service:
        yield service


@pytest.fixture
def s3_bucket(s3: SeaweedS3) -> str:
    """A fresh, empty bucket."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(name)
    return name


@pytest.fixture
def object_store(s3: SeaweedS3, s3_bucket: str) -> ObjectStore:
    """The pipeline's own client on a fresh bucket."""
    return ObjectStore(s3.client(), s3_bucket)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory, service_logs: Path) -> Iterator[JavaKafka]:
    """A running Apache Kafka; without JDK or Maven the tests that need it fail and say so."""
    with JavaKafka(tmp_path_factory.mktemp("kafka"), service_logs) as service:
        yield service


@pytest.fixture
def kafka_topic(kafka: JavaKafka) -> str:
    """A fresh topic of one partition."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    kafka.create_topic(name, partitions=1)
    return name


@pytest.fixture(scope="session")
def snowflake(
    tmp_path_factory: pytest.TempPathFactory, service_logs: Path
) -> Iterator[SnowflakeEmulator]:
    """A running Snowflake emulator with no database in it."""
    with SnowflakeEmulator(tmp_path_factory.mktemp("snowflake"), service_logs) as service:
        yield service


@pytest.fixture
def quote_server(tmp_path: Path) -> Iterator[Callable[..., QuoteServer]]:
    """Starts quote servers, which stop with the test: `quote_server("--random-walk", …)`.

    Their controls are open.
    """
    numbers = itertools.count()
    with ExitStack() as running:

        def start(*options: str) -> QuoteServer:
            home = tmp_path / f"quotes-{next(numbers)}"
            return running.enter_context(QuoteServer(home, home, ["--controls", *options]))

        yield start
