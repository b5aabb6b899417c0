"""A feed that ran through all stages: real Kafka, consumer, bucket, loader, Snowflake, dbt."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from confluent_kafka import Producer

from stockfeed.contract.topics import consumer_group, topic_name
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.ports import free_ports
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.s3 import SeaweedS3
from stockfeed_local.stack.snowflake import SnowflakeEmulator
from support.kafka import committed

COMMAND = str(Path(sys.executable).with_name("stockfeed"))
PROJECT = Path(__file__).parents[3] / "dbt_stocks"
PARTITIONS = 2
KAFKA = "STOCKFEED_KAFKA_BOOTSTRAP_SERVERS"
SYMBOLS = ("F", "GM", "TSLA", "BRK.B")


@dataclass
class Feed:
    """One feed of one group.

    Attributes:
        name: the name of the feed and of the bucket.
        environment: the environment of every role.
        first_poll: the oldest message's poll, Unix milliseconds; each next one is a second later.
        sent: the number of messages produced.
    """

    name: str
    environment: Mapping[str, str]
    first_poll: int
    sent: int = 0
    topic: str = field(init=False)

    def __post_init__(self) -> None:
        self.topic = topic_name("stock-quotes", self.name, "autos")

    def event(self, number: int) -> dict[str, Any]:
        """Returns a quote; every fifth repeats the symbol's previous one, and pc may be missing."""
        seen = number - len(SYMBOLS) if number % 5 == 4 and number >= len(SYMBOLS) else number
        quote = {"symbol": SYMBOLS[number % len(SYMBOLS)], "c": 10 + seen / 100, "o": 10.5}
        quote |= {"h": 900.25, "l": 9.75, "t": 1_713_456_000 + 20 * seen}
        return quote if seen % 3 == 0 else quote | {"pc": 10.1}

    def quotes(self, count: int) -> list[bytes]:
        """Returns the next quotes."""
        numbers = range(self.sent, self.sent + count)
        return [json.dumps(self.event(number)).encode() for number in numbers]

    def produce(self, messages: Iterable[bytes]) -> None:
        """Publishes messages with their poll times."""
        producer = Producer({"bootstrap.servers": self.environment[KAFKA], "linger.ms": 5})
        for body in messages:
            moment = self.first_poll + 1000 * self.sent
            producer.produce(self.topic, body, key=f"k{self.sent % 7}", timestamp=moment)
            self.sent += 1
        assert producer.flush(30) == 0

    @contextmanager
    def consumer(self) -> Iterator[Callable[[], None]]:
        """Runs a consumer; yields a function that waits until everything is landed."""
        home = Path(self.environment["HOME"])
        process = Process("consumer", [COMMAND, "consumer"], home, dict(self.environment))
        process.start()

        def land() -> None:
            deadline = time.monotonic() + 300
            while not self._everything_is_committed():
                assert process.alive, process.log_tail()
                assert time.monotonic() < deadline, process.log_tail()
                time.sleep(0.2)

        try:
            yield land
        finally:
            process.terminate(20)

    def _everything_is_committed(self) -> bool:
        """Whether every message is landed: the consumer commits an offset after its object.

        Its /drained does not do: it may rest on a lag that was measured before the last message.
        """
        group = self.environment["STOCKFEED_KAFKA_CONSUMER_GROUP"]
        commits = committed(self.environment[KAFKA], group, self.topic, PARTITIONS)
        return commits is not None and all(
            commit.offset == commit.end for commit in commits.values()
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs a command to its end."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=dict(self.environment),
            check=False,
            capture_output=True,
            text=True,
            timeout=600,
        )

    def query(self, *statements: str) -> list[tuple[Any, ...]]:
        """Runs statements in the raw schema; returns the rows of the last one."""
        environment = self.environment
        with snowflake.connector.connect(
            account="a",
            user="tester",
            password="x",
            host=environment["SNOWFLAKE_HOST"],
            port=environment["SNOWFLAKE_PORT"],
            protocol="http",
            database=environment["STOCKFEED_WAREHOUSE_DATABASE"],
            schema="RAW",
            network_timeout=20,
        ) as connection:
            cursor = connection.cursor()
            for text in statements:
                cursor.execute(text)
            return [tuple(row) for row in cursor.fetchall()]

    @contextmanager
    def broken(self, table: str, statement: str) -> Iterator[None]:
        """Changes a table during a `with` block."""
        self.query(f"CREATE TABLE {table}_KEPT AS SELECT * FROM {table}", statement)
        try:
            yield
        finally:
            back = f"INSERT INTO {table} SELECT * FROM {table}_KEPT"
            self.query(f"DELETE FROM {table}", back, f"DROP TABLE {table}_KEPT")


@pytest.fixture(scope="session")
def feed(
    kafka: JavaKafka,
    s3: SeaweedS3,
    snowflake: SnowflakeEmulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Feed:
    """Three loads of two partitions, each with a broken message, and a build."""
    home = tmp_path_factory.mktemp("inspection")
    name = f"us{uuid.uuid4().hex[:8]}"
    (port,) = free_ports(1)
    s3.create_bucket(name)
    credentials = home / "s3-credentials"
    credentials.mkdir()
    (credentials / "accessKeyId").write_text(s3.access_key)
    (credentials / "secretAccessKey").write_text(s3.secret_key)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "STOCKFEED_FEED": name,
        "STOCKFEED_GROUP": "autos",
        "STOCKFEED_HTTP_PORT": str(port),
        KAFKA: kafka.endpoint,
        "STOCKFEED_KAFKA_TOPIC": topic_name("stock-quotes", name, "autos"),
        "STOCKFEED_KAFKA_CONSUMER_GROUP": consumer_group(name, "autos"),
        "STOCKFEED_ROTATE_INTERVAL": "500ms",
        "STOCKFEED_S3_ENDPOINT": s3.endpoint,
        "STOCKFEED_S3_BUCKET": name,
        "STOCKFEED_S3_CREDENTIALS_DIR": str(credentials),
        "STOCKFEED_WAREHOUSE_DATABASE": name.upper(),
        "STOCKFEED_DBT_PROJECT_DIR": str(PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "SNOWFLAKE_ACCOUNT": "local",
        "SNOWFLAKE_USER": "loader",
        "SNOWFLAKE_PASSWORD": "local",
        "SNOWFLAKE_HOST": snowflake.host,
        "SNOWFLAKE_PORT": str(snowflake.port),
        "SNOWFLAKE_PROTOCOL": "http",
    }
    # At the start of a minute, so that the first sixty messages are of that minute.
    first_poll = (int(time.time()) // 60 - 120) * 60_000
    feed = Feed(name, environment, first_poll)
    kafka.create_topic(feed.topic, PARTITIONS)
    with feed.consumer() as land:
        for count in (30, 20, 10):
            feed.produce([*feed.quotes(count), b"no json"])
            land()
            loaded = feed.run("loader", "--once")
            assert loaded.returncode == 0, loaded.stderr
    built = feed.run("build")
    assert built.returncode == 0, built.stdout + built.stderr
    return feed
