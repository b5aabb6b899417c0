"""Fixtures that start real services, once per pytest worker, when a test first asks for them."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.quote_server import QuoteServer
from stockfeed_local.stack.snowflake import SnowflakeEmulator


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
