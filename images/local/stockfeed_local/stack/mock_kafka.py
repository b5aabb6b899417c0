"""librdkafka's built-in mock cluster in a process of its own, for machines without a JDK.

Run as `python -m stockfeed_local.stack.mock_kafka --port-file FILE`. It keeps at most about 5 MB
of messages per partition, makes topics (of four partitions) when they are first asked for, and
answers no admin requests.
"""

import signal
import sys
from pathlib import Path

import click
from confluent_kafka import Producer

from stockfeed_local.stack.broker import Broker, answers
from stockfeed_local.stack.ports import HOST, write_port_file
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import PortFileService, ServiceError


class MockKafka(PortFileService, Broker):
    """librdkafka's mock cluster.

    Args:
        data_dir: where its port file is kept; created if missing.
        log_dir: where `kafka.log` is written.
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
        """Asks for the topic, which makes the mock create it, always with four partitions."""
        del partitions  # the mock's number is fixed
        if not answers(self.endpoint, timeout=10.0, topic=name):
            raise ServiceError(f"the mock Kafka at {self.endpoint} does not answer")


def start_cluster() -> tuple[Producer, int]:
    """A mock cluster of one broker on loopback, and the broker's port.

    The cluster lives in the returned client, as long as that does.
    """
    client = Producer({"test.mock.num.brokers": 1})
    (broker,) = client.list_topics(timeout=10).brokers.values()
    return client, broker.port


@click.command()
@click.option("--port-file", type=click.Path(path_type=Path), required=True)
def main(port_file: Path) -> None:
    """Serve a mock Kafka until SIGTERM."""
    _cluster, port = start_cluster()
    write_port_file(port_file, port)
    signal.pause()


if __name__ == "__main__":
    main()
