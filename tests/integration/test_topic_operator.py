"""The stand-in for Strimzi's Topic Operator applies KafkaTopics to a real Kafka."""

import json
import uuid
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource

from stockfeed_local.stack.java_kafka import JavaKafka
from support.cluster.platform.topic_operator.__main__ import reconcile
from support.cluster.platform.topic_operator.broker import Broker
from support.cluster.platform.topic_operator.resources import Resources
from support.cluster.platform.topic_operator.topics import FINALIZER

_UNMANAGED = {"strimzi.io/managed": "false"}


class Api:
    """An API server that holds one KafkaTopic and counts its generations."""

    def __init__(self) -> None:
        self.topic: dict[str, Any] = {}
        self.writes = 0

    def apply(self, name: str, annotations: dict[str, str] | None = None, **spec: Any) -> None:
        known = self.topic.get("metadata", {"name": name, "generation": 0})
        changed = spec != self.topic.get("spec")
        generation = known["generation"] + changed
        metadata = {**known, "generation": generation, "resourceVersion": "1"}
        self.topic |= {"metadata": {**metadata, "annotations": annotations or {}}, "spec": spec}

    def delete(self) -> None:
        self.topic["metadata"]["deletionTimestamp"] = "2026-11-23T01:00:00Z"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"items": [self.topic] if self.topic else []})
        self.writes += 1
        body = json.loads(request.content)
        if "status" in body:
            status = {**self.topic.get("status", {}), **body["status"]}
            self.topic["status"] = {key: part for key, part in status.items() if part is not None}
        else:
            self.topic["metadata"]["finalizers"] = body["metadata"]["finalizers"]
            if "deletionTimestamp" in self.topic["metadata"] and not body["metadata"]["finalizers"]:
                self.topic = {}
        return httpx.Response(200, json={})

    @property
    def ready(self) -> tuple[str, str, str]:
        """Returns status, reason and message of the Ready condition."""
        (condition,) = self.topic["status"]["conditions"]
        assert condition["type"] == "Ready"
        return condition["status"], condition.get("reason", ""), condition.get("message", "")


class Operator:
    """The stand-in, run one pass at a time, and the resulting state of Kafka."""

    def __init__(self, endpoint: str) -> None:
        self.api = Api()
        client = httpx.Client(base_url="http://api", transport=httpx.MockTransport(self.api))
        self._resources = Resources(client, "stocks", "stocks")
        self._broker = Broker(endpoint)
        self._admin = AdminClient({"bootstrap.servers": endpoint})
        self._endpoint = endpoint
        self.name = f"topic-{uuid.uuid4().hex[:12]}"

    def apply(self, annotations: dict[str, str] | None = None, **spec: Any) -> None:
        self.api.apply(self.name, annotations, **spec)
        self.reconcile()

    def reconcile(self) -> None:
        reconcile(self._resources, self._broker)

    @property
    def partitions(self) -> int:
        """Returns the number of partitions, 0 if the topic does not exist."""
        known = self._admin.list_topics(timeout=10).topics
        return len(known[self.name].partitions) if self.name in known else 0

    @property
    def topic_id(self) -> str:
        found = self._admin.describe_topics(TopicCollection([self.name]))
        return str(found[self.name].result(10).topic_id)

    def setting(self, name: str) -> str:
        resource = ConfigResource(ConfigResource.Type.TOPIC, self.name)
        (found,) = self._admin.describe_configs([resource]).values()
        return str(found.result(10)[name].value)

    def publish_to_first_partition(self) -> int:
        """Publishes a message to partition 0 and returns its offset."""
        offsets: list[int | None] = []
        producer = Producer({"bootstrap.servers": self._endpoint})
        producer.produce(
            self.name, b"1", partition=0, on_delivery=lambda _, sent: offsets.append(sent.offset())
        )
        assert producer.flush(30) == 0
        [offset] = offsets
        assert offset is not None
        return offset


@pytest.fixture
def operator(kafka: JavaKafka) -> Operator:
    return Operator(kafka.endpoint)


def test_creates_the_topic_and_reports_it_ready(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1, config={"retention.ms": 60_000})
    assert operator.partitions == 2
    assert operator.setting("retention.ms") == "60000"
    assert operator.api.ready == ("True", "", "")
    status = operator.api.topic["status"]
    assert (status["topicName"], status["topicId"]) == (operator.name, operator.topic_id)
    assert status["observedGeneration"] == 1
    assert operator.api.topic["metadata"]["finalizers"] == [FINALIZER]


def test_does_not_rewrite_an_unchanged_status(operator: Operator) -> None:
    operator.apply(partitions=1, replicas=1)
    writes = operator.api.writes
    operator.reconcile()
    assert operator.api.writes == writes


def test_added_partitions_keep_the_messages(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    before, first = operator.topic_id, operator.publish_to_first_partition()
    operator.apply(partitions=5, replicas=1)
    assert operator.partitions == 5
    assert operator.topic_id == before
    assert operator.publish_to_first_partition() == first + 1
    assert operator.api.ready == ("True", "", "")
    assert operator.api.topic["status"]["observedGeneration"] == 2


def test_changes_a_setting(operator: Operator) -> None:
    operator.apply(partitions=1, replicas=1, config={"retention.ms": 60_000})
    operator.apply(partitions=1, replicas=1, config={"retention.ms": 120_000})
    assert operator.setting("retention.ms") == "120000"


def test_refuses_fewer_partitions_until_the_spec_is_corrected(operator: Operator) -> None:
    operator.apply(partitions=3, replicas=1, config={"retention.ms": 60_000})
    operator.apply(partitions=2, replicas=1, config={"retention.ms": 120_000})
    assert operator.api.ready == ("False", "NotSupported", "Decreasing partitions not supported")
    assert operator.partitions == 3
    assert operator.setting("retention.ms") == "120000", "the rest of the change is applied"
    operator.apply(partitions=3, replicas=1, config={"retention.ms": 120_000})
    assert operator.api.ready == ("True", "", "")


def test_refuses_another_number_of_replicas(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    operator.apply(partitions=2, replicas=3)
    status, reason, message = operator.api.ready
    assert (status, reason) == ("False", "NotSupported")
    assert message.endswith("required for partitions [0, 1]")


def test_reports_kafkas_error_once_and_retries(operator: Operator) -> None:
    operator.apply(partitions=1, replicas=1, config={"retention.ms": "soon"})
    status, reason, message = operator.api.ready
    assert (status, reason) == ("False", "KafkaError")
    assert "retention.ms" in message
    writes = operator.api.writes
    operator.reconcile()
    assert operator.api.writes == writes, "the same error is written once"
    operator.apply(partitions=1, replicas=1, config={"retention.ms": 60_000})
    assert operator.api.ready == ("True", "", "")


def test_adopts_an_existing_topic(operator: Operator, kafka: JavaKafka) -> None:
    kafka.create_topic(operator.name, partitions=2)
    before = operator.topic_id
    operator.apply(partitions=4, replicas=1, config={"retention.ms": 60_000})
    assert (operator.topic_id, operator.partitions) == (before, 4)
    assert operator.setting("retention.ms") == "60000"


def test_leaves_an_unmanaged_topic_alone(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    operator.apply(_UNMANAGED, partitions=4, replicas=1)
    assert operator.partitions == 2
    assert operator.api.ready == ("True", "", "")
    assert operator.api.topic["status"]["observedGeneration"] == 2
    operator.apply(partitions=4, replicas=1)
    assert operator.partitions == 4, "the change is applied once the topic is managed again"


def test_unmanaged_topic_outlives_its_resource(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    operator.apply(_UNMANAGED, partitions=2, replicas=1)
    operator.api.delete()
    operator.reconcile()
    assert operator.api.topic == {}
    assert operator.partitions == 2


def test_deletes_the_topic_before_its_resource(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    operator.api.delete()
    operator.reconcile()
    assert operator.api.topic == {}, "the finalizer is removed"
    assert operator.partitions == 0


def test_removes_the_finalizer_if_the_topic_is_already_gone(operator: Operator) -> None:
    operator.api.apply(operator.name, partitions=1, replicas=1)
    operator.api.topic["metadata"]["finalizers"] = [FINALIZER, "other.example/finalizer"]
    operator.api.delete()
    operator.reconcile()
    assert operator.api.topic["metadata"]["finalizers"] == ["other.example/finalizer"]
