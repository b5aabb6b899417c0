"""The CPU time of landing a quote: the consumer process, compared with plain reading."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.ports import free_ports
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.s3 import SeaweedS3

QUOTES = 1_000_000
QUOTE = (
    b'{"symbol":"AAPL","c":187.42,"d":3.39,"dp":1.8421,"h":188.1,"l":184.75,"o":185.9,'
    b'"pc":184.03,"t":1713456789,"n":%d}'
)


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_cpu_of_landing_compared_with_reading(
    kafka: JavaKafka,
    s3: SeaweedS3,
    s3_bucket: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    kafka.create_topic(topic, 1)
    produce(kafka.endpoint, topic)
    read = cpu_of_reading(kafka.endpoint, topic)
    landed, wall = cpu_of_landing(kafka, s3, s3_bucket, topic, tmp_path)
    with capsys.disabled():
        print(
            f"\nconsumer: {QUOTES / landed:,.0f} quotes per second of CPU "
            f"({QUOTES / wall:,.0f} by the clock); plain reading: {QUOTES / read:,.0f}; "
            f"landing costs {landed / read:.1f} times reading"
        )
    assert landed_records(s3.client(), s3_bucket) == QUOTES


def produce(bootstrap: str, topic: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "acks": 1})
    for number in range(QUOTES):
        while True:
            try:
                producer.produce(topic, QUOTE % number, key="AAPL")
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0


def cpu_of_reading(bootstrap: str, topic: str) -> float:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-reading"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    began = time.process_time()  # includes librdkafka's threads
    count = 0
    while count < QUOTES:
        count += sum(message.value() is not None for message in consumer.consume(5_000, 1.0))
    spent = time.process_time() - began
    consumer.close()
    return spent


def cpu_of_landing(
    kafka: JavaKafka, s3: SeaweedS3, bucket: str, topic: str, home: Path
) -> tuple[float, float]:
    (port,) = free_ports(1)
    env = {
        "PATH": os.environ["PATH"],
        "STOCKFEED_FEED": "bench",
        "STOCKFEED_GROUP": "bench",
        "STOCKFEED_HTTP_PORT": str(port),
        "STOCKFEED_KAFKA_BOOTSTRAP_SERVERS": kafka.endpoint,
        "STOCKFEED_KAFKA_TOPIC": topic,
        "STOCKFEED_KAFKA_CONSUMER_GROUP": "bench",
        "STOCKFEED_S3_ENDPOINT": s3.endpoint,
        "STOCKFEED_S3_BUCKET": bucket,
        "STOCKFEED_ROTATE_INTERVAL": "1s",
        "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret_key,
    }
    command = [str(Path(sys.executable).parent / "stockfeed"), "consumer"]
    process = Process("consumer", command, home, env)
    process.start()
    assert process.pid is not None
    idle = started = 0.0
    while not drained(port):
        if not started and consumed(port) > 0:
            idle, started = cpu_seconds(process.pid), time.monotonic()
        time.sleep(0.05)
    wall = time.monotonic() - started
    spent = cpu_seconds(process.pid) - idle
    assert process.terminate() == 0
    return spent, wall


def get(port: int, path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.read().decode()
    except OSError:
        return ""


def drained(port: int) -> bool:
    body = json.loads(get(port, "/drained") or "{}")
    return bool(body.get("drained")) and body["partitions"] == [0]


def consumed(port: int) -> float:
    lines = get(port, "/metrics").splitlines()
    return sum(
        float(line.split()[1])
        for line in lines
        if line.startswith("stockfeed_messages_consumed_total")
    )


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def landed_records(client: Any, bucket: str) -> int:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="feed=")
    keys = [row["Key"] for page in pages for row in page["Contents"]]
    return sum(
        int(client.head_object(Bucket=bucket, Key=key)["Metadata"]["record-count"]) for key in keys
    )
