"""The stand-in for Strimzi's Topic Operator does to a real Kafka what KafkaTopics ask for."""

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
    """The API server, as far as it is asked for KafkaTopics: one of them, and generations."""

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
        """Status, reason and message of the topic's condition."""
        (said,) = self.topic["status"]["conditions"]
        assert said["type"] == "Ready"
        return said["status"], said.get("reason", ""), said.get("message", "")


class Operator:
    """The stand-in, one look at a time, and what Kafka has afterwards."""

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
        """How many the topic has; 0 where there is no topic."""
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

    def end_of_first_partition(self) -> int:
        """Publishes one message to partition 0; the result is its offset."""
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


def test_a_topic_is_made_as_asked_for_and_told_of(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1, config={"retention.ms": 60_000})
    assert operator.partitions == 2
    assert operator.setting("retention.ms") == "60000"
    assert operator.api.ready == ("True", "", "")
    status = operator.api.topic["status"]
    assert (status["topicName"], status["topicId"]) == (operator.name, operator.topic_id)
    assert status["observedGeneration"] == 1
    assert operator.api.topic["metadata"]["finalizers"] == [FINALIZER]


def test_what_is_as_asked_for_is_not_written_again(operator: Operator) -> None:
    operator.apply(partitions=1, replicas=1)
    writes = operator.api.writes
    operator.reconcile()
    assert operator.api.writes == writes


def test_partitions_grow_and_keep_what_is_in_them(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    before, first = operator.topic_id, operator.end_of_first_partition()
    operator.apply(partitions=5, replicas=1)
    assert operator.partitions == 5
    assert operator.topic_id == before
    assert operator.end_of_first_partition() == first + 1
    assert operator.api.ready == ("True", "", "")
    assert operator.api.topic["status"]["observedGeneration"] == 2


def test_a_changed_setting_is_changed_in_kafka(operator: Operator) -> None:
    operator.apply(partitions=1, replicas=1, config={"retention.ms": 60_000})
    operator.apply(partitions=1, replicas=1, config={"retention.ms": 120_000})
    assert operator.setting("retention.ms") == "120000"


def test_fewer_partitions_are_refused_until_the_spec_is_mended(operator: Operator) -> None:
    operator.apply(partitions=3, replicas=1, config={"retention.ms": 60_000})
    operator.apply(partitions=2, replicas=1, config={"retention.ms": 120_000})
    assert operator.api.ready == ("False", "NotSupported", "Decreasing partitions not supported")
    assert operator.partitions == 3
    assert operator.setting("retention.ms") == "120000", "the rest of the change is made"
    operator.apply(partitions=3, replicas=1, config={"retention.ms": 120_000})
    assert operator.api.ready == ("True", "", "")


def test_another_number_of_replicas_is_refused(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    operator.apply(partitions=2, replicas=3)
    status, reason, message = operator.api.ready
    assert (status, reason) == ("False", "NotSupported")
    assert message.endswith("required for partitions [0, 1]")


def test_what_kafka_refuses_is_told_in_its_words_and_tried_again(operator: Operator) -> None:
    operator.apply(partitions=1, replicas=1, config={"retention.ms": "soon"})
    status, reason, message = operator.api.ready
    assert (status, reason) == ("False", "KafkaError")
    assert "retention.ms" in message
    writes = operator.api.writes
    operator.reconcile()
    assert operator.api.writes == writes, "the same is told once"
    operator.apply(partitions=1, replicas=1, config={"retention.ms": 60_000})
    assert operator.api.ready == ("True", "", "")


def test_a_topic_that_was_there_is_taken_over(operator: Operator, kafka: JavaKafka) -> None:
    kafka.create_topic(operator.name, partitions=2)
    before = operator.topic_id
    operator.apply(partitions=4, replicas=1, config={"retention.ms": 60_000})
    assert (operator.topic_id, operator.partitions) == (before, 4)
    assert operator.setting("retention.ms") == "60000"


def test_an_unmanaged_topic_is_let_be(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    operator.apply(_UNMANAGED, partitions=4, replicas=1)
    assert operator.partitions == 2
    assert operator.api.ready == ("True", "", "")
    assert operator.api.topic["status"]["observedGeneration"] == 2
    operator.apply(partitions=4, replicas=1)
    assert operator.partitions == 4, "managed again, it gets what it was denied"


def test_an_unmanaged_topic_outlives_its_resource(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    operator.apply(_UNMANAGED, partitions=2, replicas=1)
    operator.api.delete()
    operator.reconcile()
    assert operator.api.topic == {}
    assert operator.partitions == 2


def test_a_deleted_topic_goes_before_its_resource(operator: Operator) -> None:
    operator.apply(partitions=2, replicas=1)
    operator.api.delete()
    operator.reconcile()
    assert operator.api.topic == {}, "the finalizer is taken away"
    assert operator.partitions == 0


def test_a_resource_is_let_go_whose_topic_is_gone_already(operator: Operator) -> None:
    operator.api.apply(operator.name, partitions=1, replicas=1)
    operator.api.topic["metadata"]["finalizers"] = [FINALIZER, "somebody.else/holds"]
    operator.api.delete()
    operator.reconcile()
    assert operator.api.topic["metadata"]["finalizers"] == ["somebody.else/holds"]
