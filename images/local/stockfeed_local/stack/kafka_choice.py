"""The broker that a user chose, or the best one that this machine can run."""

from dataclasses import dataclass
from pathlib import Path

from stockfeed.errors import ConfigurationError
from stockfeed_local.stack.broker import Broker, ExternalKafka
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.kafka_jars import KafkaUnavailableError
from stockfeed_local.stack.mock_kafka import MockKafka


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
