"""Starts and stops the demo's services: Kafka, S3, the Snowflake emulator, the quote server."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from stockfeed_local.stack.broker import Broker
from stockfeed_local.stack.kafka_choice import choose_kafka
from stockfeed_local.stack.mock_kafka import MockKafka
from stockfeed_local.stack.quote_server import QuoteServer
from stockfeed_local.stack.s3 import SeaweedS3
from stockfeed_local.stack.service import ProcessService, Service, ServiceError
from stockfeed_local.stack.snowflake import SnowflakeEmulator

BUCKET = "source-transaction"
# Longer than a loader's own pauses, but short, so that a killed loader's locks are soon released.
_IDLE_TRANSACTION_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Services:
    """The running services.

    Attributes:
        kafka: The broker.
        s3: The object store.
        snowflake: The warehouse.
        quotes: The quote API.
        fallback_reason: Why `auto` did not choose Apache Kafka; None if it did, and for all other
            modes.
    """

    kafka: Broker
    s3: SeaweedS3
    snowflake: SnowflakeEmulator
    quotes: QuoteServer
    fallback_reason: str | None

    @property
    def holds_little(self) -> bool:
        """Whether the broker keeps few messages, so that the tape must be held back."""
        return isinstance(self.kafka, MockKafka)

    @property
    def all(self) -> tuple[Service, ...]:
        """All four services."""
        return (self.kafka, self.s3, self.snowflake, self.quotes)

    def raise_if_dead(self) -> None:
        """Checks that all services are running. A dead one is not restarted: its data is lost.

        Raises:
            ServiceError: A service has ended; the message shows the end of its log.
        """
        for service in self.all:
            if isinstance(service, ProcessService) and not service.process.alive:
                process = service.process
                raise ServiceError(
                    f"the service {process.name} ended with exit code {process.exit_code} during "
                    f"the run; the end of {process.log_path}:\n{process.log_tail()}"
                )


@contextmanager
def running_services(
    kafka: str, quote_server_flags: Sequence[str], data: Path, logs: Path
) -> Iterator[Services]:
    """Starts all services, and stops them when the block is left.

    Args:
        kafka: `auto`, `java`, `mock` or `HOST:PORT`.
        quote_server_flags: Command-line flags of the quote server, other than its port.
        data: Directory under which each service keeps its data.
        logs: Directory of the log files.

    Raises:
        StockfeedError: A service cannot start; the message shows the end of its log.
    """
    choice = choose_kafka(kafka, data / "kafka", logs)
    services = Services(
        choice.broker,
        SeaweedS3(data / "s3", logs),
        SnowflakeEmulator(data / "snowflake", logs, _IDLE_TRANSACTION_SECONDS),
        QuoteServer(data / "quotes", logs, quote_server_flags),
        choice.fallback_reason,
    )
    with ExitStack() as stack:
        _start(stack, services.all)
        services.s3.create_bucket(BUCKET)
        yield services


def _start(stack: ExitStack, services: Sequence[Service]) -> None:
    with ThreadPoolExecutor(len(services)) as pool:
        started = [pool.submit(service.start) for service in services]
        for service in services:
            stack.callback(service.stop)
    for future in started:
        future.result()
