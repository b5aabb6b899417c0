"""Fixtures that start real services, once per pytest worker, when a test first asks for them."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from stockfeed.objectstore import ObjectStore
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.quote_server import QuoteServer
from stockfeed_local.stack.s3 import SeaweedS3
from stockfeed_local.stack.snowflake import SnowflakeEmulator
from support.signals import start_children_with_default_signals

# Minutes each: whoever starts one last makes the others wait.
_LONGEST = (
    "test_demo.py",
    "test_consumer_kafka.py",
    "test_loader_killed.py",
    "test_statements.py",
    "test_workflows.py",
    "test_trace.py",
    "test_verify.py",
    "test_dbt_models.py",
    "test_build.py",
    "test_demo_services.py",
    "test_producer.py",
    "test_consumer_chain.py",
    "test_rules.py",
    "test_dashboards.py",
    "test_up.py",
)

# Their tests look into one feed that has been loaded and built.
_SHARING = ("tests/integration/inspection/",)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--images` is of `make test-images`, `--whole-tape` of `make test-tape`."""
    parser.addoption("--images", action="store_true", help="run workflows in the built images")
    parser.addoption("--whole-tape", action="store_true", help="play all bars in the demo's test")


def pytest_configure() -> None:
    """Makes the run independent of the signals that its starter ignores, as `nohup` does."""
    start_children_with_default_signals()


class _ByServices(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A file stays on one worker, and so do files that share what takes long to make."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return next((folder for folder in _SHARING if file.startswith(folder)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Replaces `--dist`."""
    return _ByServices(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts long files first, then the other integration tests; files stay together."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    if "integration" not in item.path.parts:
        return len(_LONGEST) + 1
    return _LONGEST.index(item.path.name) if item.path.name in _LONGEST else len(_LONGEST)


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
