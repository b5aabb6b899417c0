"""librdkafka's built-in mock cluster in a process of its own, for machines without a JDK.

Run as `python -m stockfeed_local.stack.mock_kafka --port-file FILE`. It keeps at most about 5 MB
of messages per partition, makes topics (of four partitions) when they are first asked for, and
answers no admin requests.
"""

import signal
from pathlib import Path

import click
from confluent_kafka import Producer

from stockfeed_local.stack.ports import write_port_file


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
