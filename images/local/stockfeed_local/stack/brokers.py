"""The broker that a user chose, or the best one that this machine can run."""

import sys
from dataclasses import dataclass
from pathlib import Path

from stockfeed.errors import ConfigurationError
from stockfeed_local.stack import mock_kafka
from stockfeed_local.stack.broker import Broker, answers
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.kafka_jars import KafkaUnavailableError
from stockfeed_local.stack.ports import HOST
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import PortFileService, ServiceError


class MockKafka(PortFileService, Broker):
    """librdkafka's mock cluster; see `mock_kafka` for what it lacks.

    Args:
        data_dir: where its port file is kept; created if missing.
        log_dir: where `kafka.log` is written.
    """

    description = "librdkafka's mock cluster"

    def __init__(self, data_dir: Path, log_dir: Path) -> None:
        port_file = data_dir / "port"
        command = [sys.executable, "-m", mock_kafka.__name__, "--port-file", str(port_file)]
        super().__init__(Process("kafka", command, log_dir), port_file)

    @property
    def endpoint(self) -> str:
        """The bootstrap address."""
        return f"{HOST}:{self.port}"

    def create_topic(self, name: str, partitions: int) -> None:
        """Asks for the topic, which makes the mock create it, always with four partitions."""
        del partitions  # the mock's number is fixed
        if not answers(self.endpoint, timeout=10.0, topic=name):
            raise ServiceError(f"the mock Kafka at {self.endpoint} does not answer")


class ExternalKafka(Broker):
    """A Kafka that runs already and is not ours to stop.

    Args:
        bootstrap: `HOST:PORT`.
        timeout: seconds that it has to answer.
    """

    def __init__(self, bootstrap: str, timeout: float = 10.0) -> None:
        self._bootstrap = bootstrap
        self._timeout = timeout

    @property
    def endpoint(self) -> str:
        """The bootstrap address."""
        return self._bootstrap

    @property
    def description(self) -> str:
        """Where it is."""
        return f"Kafka at {self._bootstrap}"

    def start(self) -> None:
        """Checks that the Kafka answers.

        Raises:
            ServiceError: it does not.
        """
        if not answers(self._bootstrap, self._timeout):
            raise ServiceError(
                f"no Kafka answers at {self._bootstrap} within {self._timeout:g} s; is it running?"
            )

    def stop(self) -> None:
        """Leaves the Kafka running."""


@dataclass(frozen=True, slots=True)
class KafkaChoice:
    """A broker, not yet started.

    Attributes:
        broker: to start and use.
        fallback_reason: why `auto` could not take Apache Kafka; None if it did or had no choice.
    """

    broker: Broker
    fallback_reason: str | None = None


def choose_kafka(mode: str, data_dir: Path, log_dir: Path) -> KafkaChoice:
    """The broker for `--kafka MODE`.

    Args:
        mode: `auto`, `java`, `mock` or `HOST:PORT`.
        data_dir: where a broker of ours keeps its data.
        log_dir: where a broker of ours logs.

    Raises:
        KafkaUnavailableError: `java` is asked for and cannot run here.
        ConfigurationError: the mode is none of these.
    """
    if mode == "java":
        return KafkaChoice(JavaKafka(data_dir, log_dir))
    if mode == "mock":
        return KafkaChoice(MockKafka(data_dir, log_dir))
    if mode == "auto":
        return _best(data_dir, log_dir)
    host, _, port = mode.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigurationError(f"--kafka {mode}: write auto, java, mock or HOST:PORT")
    return KafkaChoice(ExternalKafka(mode))


def _best(data_dir: Path, log_dir: Path) -> KafkaChoice:
    try:
        return KafkaChoice(JavaKafka(data_dir, log_dir))
    except KafkaUnavailableError as error:
        return KafkaChoice(MockKafka(data_dir, log_dir), fallback_reason=str(error))
