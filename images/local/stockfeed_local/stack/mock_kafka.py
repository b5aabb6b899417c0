"""librdkafka's built-in mock cluster as a separate process, for machines without a JDK.

Run as `python -m stockfeed_local.stack.mock_kafka --port-file FILE`. It keeps at most about 5 MB
of messages per partition, creates topics (with four partitions) on their first metadata request,
and does not support admin requests.
"""

import signal
import sys
from pathlib import Path

import click
from confluent_kafka import Producer

from stockfeed_local.stack.broker import Broker, responds
from stockfeed_local.stack.ports import HOST, write_port_file
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import PortFileService, ServiceError


class MockKafka(PortFileService, Broker):
    """Launcher of the mock cluster.

    Args:
        data_dir: Directory of the port file; created if missing.
        log_dir: Directory of `kafka.log`.
    """

    description = "librdkafka's mock cluster"

    def __init__(self, data_dir: Path, log_dir: Path) -> None:
        port_file = data_dir / "port"
        command = [sys.executable, "-m", __name__, "--port-file", str(port_file)]
        super().__init__(Process("kafka", command, log_dir), port_file)

    @property
    def endpoint(self) -> str:
        """The bootstrap address."""
        return f"{HOST}:{self.port}"

    def create_topic(self, name: str, partitions: int) -> None:
        """Requests the topic's metadata, on which the mock creates it with four partitions."""
        del partitions  # four, in the version of librdkafka that is installed
        if not responds(self.endpoint, timeout=10.0, topic=name):
            raise ServiceError(f"no response from the mock Kafka at {self.endpoint}")


def start_cluster() -> tuple[Producer, int]:
    """Starts a mock cluster of one broker on loopback.

    Returns:
        The client in which the cluster runs until it is garbage-collected, and the broker's port.
    """
    client = Producer({"test.mock.num.brokers": 1})
    (broker,) = client.list_topics(timeout=10).brokers.values()
    return client, broker.port


@click.command()
@click.option(
    "--port-file",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write the port to, once the broker listens.",
)
def main(port_file: Path) -> None:
    """Serve a mock Kafka until SIGTERM."""
    _cluster, port = start_cluster()
    write_port_file(port_file, port)
    signal.pause()


if __name__ == "__main__":
    main()
