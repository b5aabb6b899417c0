"""Chooses the Kafka broker: the one that the user named, or the best that can run here."""

from dataclasses import dataclass
from pathlib import Path

from stockfeed.errors import ConfigurationError
from stockfeed_local.stack.broker import Broker, ExternalKafka
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.kafka_jars import KafkaUnavailableError
from stockfeed_local.stack.mock_kafka import MockKafka


@dataclass(frozen=True, slots=True)
class KafkaChoice:
    """A broker that is not started yet.

    Attributes:
        broker: The broker.
        fallback_reason: Why `auto` did not choose Apache Kafka; None if it did, and for all other
            modes.
    """

    broker: Broker
    fallback_reason: str | None = None


def choose_kafka(mode: str, data_dir: Path, log_dir: Path) -> KafkaChoice:
    """Returns the broker for `--kafka MODE`.

    Args:
        mode: `auto`, `java`, `mock` or `HOST:PORT`.
        data_dir: Data directory of a local broker.
        log_dir: Log directory of a local broker.

    Raises:
        KafkaUnavailableError: The mode is `java`, and Apache Kafka cannot run on this machine.
        ConfigurationError: The mode is invalid.
    """
    if mode == "java":
        return KafkaChoice(JavaKafka(data_dir, log_dir))
    if mode == "mock":
        return KafkaChoice(MockKafka(data_dir, log_dir))
    if mode == "auto":
        return _best(data_dir, log_dir)
    host, _, port = mode.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigurationError(f"--kafka {mode}: use auto, java, mock or HOST:PORT")
    return KafkaChoice(ExternalKafka(mode))


def _best(data_dir: Path, log_dir: Path) -> KafkaChoice:
    try:
        return KafkaChoice(JavaKafka(data_dir, log_dir))
    except KafkaUnavailableError as error:
        return KafkaChoice(MockKafka(data_dir, log_dir), fallback_reason=str(error))
