"""Tests of the consumer as a process, with a real Kafka and a real S3 server."""

import base64
import gzip
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.objectstore import ObjectStore
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.ports import free_ports
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.s3 import SeaweedS3
from support.kafka import Committed, committed

PARTITIONS = 3


class Lab:
    """A topic, a bucket, and the consumers started for them."""

    def __init__(
        self, kafka: JavaKafka, s3: SeaweedS3, bucket: str, store: ObjectStore, home: Path
    ) -> None:
        self.kafka, self.s3, self.bucket, self.store, self.home = kafka, s3, bucket, store, home
        self.topic = f"quotes.{uuid.uuid4().hex[:8]}"
        self.group = f"group-{uuid.uuid4().hex[:8]}"
        self.admin = AdminClient({"bootstrap.servers": kafka.endpoint})
        self.consumers: list[Process] = []
        self.sent: list[str] = []
        kafka.create_topic(self.topic, PARTITIONS)

    def consumer(self, **overrides: str) -> "Member":
        (port,) = free_ports(1)
        env = {
            "PATH": os.environ["PATH"],
            "STOCKFEED_FEED": "us",
            "STOCKFEED_GROUP": "autos",
            "STOCKFEED_HTTP_PORT": str(port),
            "STOCKFEED_KAFKA_BOOTSTRAP_SERVERS": self.kafka.endpoint,
            "STOCKFEED_KAFKA_TOPIC": self.topic,
            "STOCKFEED_KAFKA_CONSUMER_GROUP": self.group,
            "STOCKFEED_S3_ENDPOINT": self.s3.endpoint,
            "STOCKFEED_S3_BUCKET": self.bucket,
            "AWS_ACCESS_KEY_ID": self.s3.access_key,
            "AWS_SECRET_ACCESS_KEY": self.s3.secret_key,
            "STOCKFEED_ROTATE_RECORDS": "500",
            "STOCKFEED_ROTATE_INTERVAL": "1s",
            **overrides,
        }
        command = [str(Path(sys.executable).parent / "stockfeed"), "consumer"]
        process = Process(f"consumer-{len(self.consumers)}", command, self.home, env)
        process.start()
        self.consumers.append(process)
        return Member(self, process, port)

    def produce(
        self,
        number: int,
        value: Callable[[int], str] = lambda n: json.dumps({"symbol": f"S{n % 7}", "n": n}),
    ) -> None:
        producer = Producer({"bootstrap.servers": self.kafka.endpoint, "linger.ms": 5})
        for _ in range(number):
            body = value(len(self.sent))
            self.sent.append(body)
            producer.produce(self.topic, body, key=f"S{len(self.sent) % 7}")
        assert producer.flush(30) == 0

    def landed(self) -> dict[int, list[dict[str, Any]]]:
        """Checks that each partition's objects form a chain, and returns the lines by partition."""
        lines: dict[int, list[dict[str, Any]]] = {}
        following: dict[int, int] = {}
        for stored in self.store.list("feed="):
            chain, start = Chain.parse(stored.key)
            head = self.store.head(stored.key)
            assert head is not None
            metadata = BatchMetadata.from_s3(stored.key, head.metadata)
            assert start == following.get(chain.partition, 0), f"a break at {stored.key}"
            following[chain.partition] = metadata.end + 1
            body = self.s3.client().get_object(Bucket=self.bucket, Key=stored.key)["Body"].read()
            new = [json.loads(line) for line in gzip.decompress(body).splitlines()]
            assert len(new) == metadata.records
            lines.setdefault(chain.partition, []).extend(new)
        return lines

    def records(self) -> dict[str, dict[int, int]]:
        """Returns the number of landed records by topic id and partition."""
        found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for stored in self.store.list("feed="):
            chain, _ = Chain.parse(stored.key)
            head = self.store.head(stored.key)
            assert head is not None
            metadata = BatchMetadata.from_s3(stored.key, head.metadata)
            found[chain.topic_id][chain.partition] += metadata.records
        return found

    def check_all_landed_once(self) -> None:
        lines = [line for part in self.landed().values() for line in part]
        assert sorted(line["n"] for line in lines) == list(range(len(self.sent)))

    def commits(self) -> dict[int, Committed] | None:
        """Returns the group's commits by partition; None while the group has no coordinator."""
        return committed(self.kafka.endpoint, self.group, self.topic, PARTITIONS)

    def everything_is_committed(self) -> bool:
        """Returns whether the group has committed the end offset of every partition.

        An empty partition has no commit, or one at offset 0 after a manual reset.
        """
        commits = self.commits()
        return commits is not None and all(
            max(commit.offset, 0) == commit.end for commit in commits.values()
        )


class Member:
    """A consumer process and its HTTP endpoints."""

    def __init__(self, lab: Lab, process: Process, port: int) -> None:
        self.lab, self.process, self.port = lab, process, port

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
        except OSError:
            return 0, {}

    def drained(self) -> bool:
        """Returns whether all messages are landed; /drained alone may use an older measurement."""
        if not self.lab.everything_is_committed():
            return False
        status, body = self.get("/drained")
        return status == 200 and body["partitions"] == list(range(PARTITIONS))

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            text = answer.read().decode()
        samples = [line.split() for line in text.splitlines() if not line.startswith("#")]
        return sum(float(value) for sample, value in samples if sample.split("{")[0] == name)


def eventually(condition: Callable[[], bool], seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out waiting for the condition"
        time.sleep(0.1)


@pytest.fixture
def lab(
    kafka: JavaKafka, s3: SeaweedS3, s3_bucket: str, object_store: ObjectStore, tmp_path: Path
) -> Iterator[Lab]:
    lab = Lab(kafka, s3, s3_bucket, object_store, tmp_path)
    yield lab
    for process in lab.consumers:
        process.kill()
    s3.start()  # other tests on this xdist worker need it, even if a test that killed it failed


def test_lands_everything_and_commits_with_the_object_key(lab: Lab) -> None:
    lab.produce(3_000)
    member = lab.consumer()
    eventually(member.drained)
    lab.check_all_landed_once()
    assert member.get("/drained")[1] == {
        "drained": True,
        "lag": 0,
        "buffered": 0,
        "partitions": [0, 1, 2],
    }
    assert member.get("/readyz") == (200, {"ready": True, "reasons": []})
    assert member.get("/healthz")[0] == 200
    assert member.metric("stockfeed_messages_landed_total") == 3_000
    assert member.process.terminate() == 0
    ends = {partition: lines[-1]["_meta"]["offset"] for partition, lines in lab.landed().items()}
    commits = lab.commits()
    assert commits is not None
    commits = {partition: commit for partition, commit in commits.items() if commit.end}
    assert commits.keys() == ends.keys()
    for partition, commit in commits.items():
        assert commit.offset == ends[partition] + 1
        assert commit.metadata is not None
        assert Chain.parse(commit.metadata)[0].partition == partition


def test_lands_the_buffer_on_stop(lab: Lab) -> None:
    member = lab.consumer(STOCKFEED_ROTATE_INTERVAL="1h", STOCKFEED_ROTATE_RECORDS="100000")
    lab.produce(1_000)
    eventually(lambda: member.get("/drained")[1].get("buffered") == 1_000)
    assert lab.landed() == {}
    assert member.process.terminate() == 0
    lab.check_all_landed_once()


def test_lands_each_message_once_despite_kills_and_rebalances(lab: Lab) -> None:
    lab.produce(2_000)
    first = lab.consumer()
    eventually(lambda: first.get("/drained")[1].get("partitions") == [0, 1, 2])
    second = lab.consumer()
    lab.produce(5_000)
    first.process.kill()
    lab.produce(2_000)
    third = lab.consumer()
    lab.produce(1_000)

    def drained() -> bool:
        if not lab.everything_is_committed():
            return False
        answers = [member.get("/drained") for member in (second, third)]
        owned = sorted(p for _, body in answers for p in body.get("partitions", []))
        return all(status == 200 for status, _ in answers) and owned == [0, 1, 2]

    eventually(drained)
    lab.check_all_landed_once()


def test_manual_offset_reset_lands_nothing_twice(lab: Lab) -> None:
    lab.produce(2_000)
    member = lab.consumer()
    eventually(member.drained)
    assert member.process.terminate() == 0
    back = [TopicPartition(lab.topic, partition, 0) for partition in range(PARTITIONS)]
    request = ConsumerGroupTopicPartitions(lab.group, back)
    lab.admin.alter_consumer_group_offsets([request])[lab.group].result(10)
    lab.produce(500)
    member = lab.consumer()
    eventually(member.drained)
    lab.check_all_landed_once()


def test_lands_offsets_deleted_by_retention_as_lost(lab: Lab) -> None:
    lab.produce(600)
    member = lab.consumer()
    eventually(member.drained)
    assert member.process.terminate() == 0
    before = {partition: len(lines) for partition, lines in lab.landed().items()}
    lab.produce(600)
    everything = [TopicPartition(lab.topic, partition, -1) for partition in range(PARTITIONS)]
    for future in lab.admin.delete_records(everything).values():
        future.result(10)
    lab.produce(1)
    member = lab.consumer()
    eventually(member.drained)
    assert sum(len(lines) for lines in lab.landed().values()) == sum(before.values()) + 1
    assert member.metric("stockfeed_lost_offsets_total") == 600


def test_lands_offsets_deleted_while_waiting_for_the_store_as_lost(lab: Lab) -> None:
    lab.produce(300)
    member = lab.consumer(STOCKFEED_ROTATE_BYTES="2Ki")
    eventually(member.drained)
    lab.s3.process.kill()
    lab.produce(3_000)  # more than fits into the buffers, so each partition is paused
    eventually(lambda: member.get("/drained")[1]["buffered"] >= 100)
    buffered = member.get("/drained")[1]["buffered"]
    lab.produce(200)
    everything = [TopicPartition(lab.topic, partition, -1) for partition in range(PARTITIONS)]
    for future in lab.admin.delete_records(everything).values():
        future.result(10)
    lab.s3.start()
    lab.produce(1)
    eventually(member.drained)
    landed = sum(len(lines) for lines in lab.landed().values())
    lost = member.metric("stockfeed_lost_offsets_total")
    # The number of messages read before the pause varies, but none of them may be lost.
    assert landed >= 300 + buffered + 1
    assert lost >= 200
    assert landed + lost == 3_501


def test_recreated_topic_starts_a_new_chain(lab: Lab) -> None:
    lab.produce(300)
    member = lab.consumer()
    eventually(member.drained)
    lab.admin.delete_topics([lab.topic])[lab.topic].result(10)
    lab.kafka.create_topic(lab.topic, PARTITIONS)
    lab.sent.clear()
    lab.produce(200)

    def landed() -> bool:
        # The consumer detects the new topic on assignment, or in between and then exits with 1.
        if not member.process.alive:
            assert member.process.exit_code == 1
            assert "the topic was recreated" in member.process.log_tail()
            member.process.start()
        return len(lab.records()) == 2 and member.drained()

    eventually(landed)
    assert sorted(sum(chain.values()) for chain in lab.records().values()) == [200, 300]


def test_lands_invalid_messages_as_error_lines(lab: Lab) -> None:
    values = ['{"symbol":"F","n":%d}', "poison %d", '{"n":%d}', '{\n"symbol":"F","n":%d}']
    lab.produce(400, value=lambda n: values[n % 4] % n)
    member = lab.consumer()
    eventually(member.drained)
    lines = [line for part in lab.landed().values() for line in part]
    errors = [base64.b64decode(line["_raw"]).decode() for line in lines if "_error" in line]
    assert sorted(errors) == sorted(v for n, v in enumerate(lab.sent) if n % 4 in {1, 2})
    assert len(lines) == 400
    assert member.metric("stockfeed_error_lines_landed_total") == 200


def test_per_event_layout_has_an_object_per_quote(lab: Lab) -> None:
    lab.produce(50, value=lambda n: json.dumps({"symbol": ["F", "A/B"][n % 2], "n": n}))
    lab.produce(1, value=lambda _: "poison")
    member = lab.consumer(STOCKFEED_LAYOUT="PerEvent")
    eventually(member.drained)
    events = list(lab.store.list("events/feed=us/group=autos/"))
    assert len(events) == 50
    assert sum("/symbol=A%2FB/" in stored.key for stored in events) == 25
    assert sum(len(lines) for lines in lab.landed().values()) == 51


def test_loses_nothing_while_the_store_is_down(lab: Lab) -> None:
    lab.produce(1_000)
    member = lab.consumer()
    eventually(member.drained)
    lab.s3.process.kill()
    lab.produce(1_000)
    eventually(lambda: member.get("/readyz")[0] == 503)
    assert any("put feed=" in reason for reason in member.get("/readyz")[1]["reasons"])
    lab.s3.start()
    eventually(member.drained)
    lab.check_all_landed_once()
    assert member.metric("stockfeed_flush_failures_total") > 0


def test_missing_bucket_error_names_the_bucket(lab: Lab) -> None:
    member = lab.consumer(STOCKFEED_S3_BUCKET="nowhere")
    assert member.process.wait(120) == 1
    assert "ConfigurationError: bucket 'nowhere'" in member.process.log_tail()
