"""Changes to a feed's topic and objects by other clients."""

import json
from typing import Any

from stockfeed.objectstore import ObjectStore
from support.cluster.platform.images import VERSION
from support.cluster.platform.install import BUCKET, s3_client
from support.e2e.feeds import RUN, Feed
from support.e2e.kube import NAMESPACE, Kube, Manifest, until

_IMAGE = f"docker.io/stockfeed/pipeline:{VERSION}"
_FOREIGN = """
from confluent_kafka import Producer
producer = Producer({"bootstrap.servers": "stocks-kafka-bootstrap:9092"})
for number in range(20):
    producer.produce(TOPIC, f"message {number} is no quote".encode())
assert producer.flush(30) == 0
"""
_REMOVE = """
from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AdminClient
admin = AdminClient({"bootstrap.servers": "stocks-kafka-bootstrap:9092"})
for future in admin.delete_records([TopicPartition(TOPIC, 0, OFFSET_END)]).values():
    future.result(30)
"""


_LIMIT = """
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
admin = AdminClient({"bootstrap.servers": "stocks-kafka-bootstrap:9092"})
entry = ConfigEntry(
    "max.message.bytes", str(LIMIT), incremental_operation=AlterConfigOpType.SET
)
resource = ConfigResource(ConfigResource.Type.TOPIC, TOPIC, incremental_configs=[entry])
for future in admin.incremental_alter_configs([resource]).values():
    future.result(30)
"""


def limit_messages(kube: Kube, topic: str, size: int) -> None:
    """Sets the topic's maximum message size, in bytes."""
    _run(kube, f"rb-limit-{RUN}", f"LIMIT = {size}\n{_LIMIT}", topic)


def write_invalid_messages(kube: Kube, topic: str) -> None:
    """Writes twenty messages that are not quotes into a topic."""
    _run(kube, f"rb-foreign-{RUN}", _FOREIGN, topic)


def remove_messages(kube: Kube, topic: str) -> None:
    """Deletes all messages of a topic's partition 0, as Kafka's retention does."""
    _run(kube, f"rb-remove-{RUN}", _REMOVE, topic)


def objects(feed: Feed, group: str) -> list[str]:
    """Returns the keys of a group's objects, oldest first."""
    prefix = f"feed={feed.name}/group={group}/"
    return sorted(found.key for found in ObjectStore(s3_client(), BUCKET).list(prefix))


def strip_metadata(key: str) -> dict[str, str]:
    """Copies an object over itself without its metadata, and returns the metadata."""
    before = s3_client().head_object(Bucket=BUCKET, Key=key)["Metadata"]
    put_metadata(key, {})
    return before


def put_metadata(key: str, metadata: dict[str, str]) -> None:
    """Copies an object over itself with the metadata."""
    s3_client().copy_object(
        Bucket=BUCKET,
        Key=key,
        CopySource={"Bucket": BUCKET, "Key": key},
        Metadata=metadata,
        MetadataDirective="REPLACE",
    )


def remove_object(key: str, bucket: str = BUCKET) -> dict[str, Any]:
    """Deletes an object and returns its parts, for `restore_object`."""
    found = s3_client().get_object(Bucket=bucket, Key=key)
    kept = {"Key": key, "Body": found["Body"].read(), "Metadata": found["Metadata"]}
    s3_client().delete_object(Bucket=bucket, Key=key)
    return kept


def restore_object(kept: dict[str, Any], bucket: str = BUCKET) -> None:
    """Writes a deleted object again."""
    s3_client().put_object(Bucket=bucket, **kept)


def _run(kube: Kube, name: str, program: str, topic: str) -> None:
    """Runs a program in a pod, because only pods can resolve the names of Kafka's listeners."""
    kube.apply(_pod(name, f"TOPIC = {json.dumps(topic)}\n{program}"))
    try:
        until(f"pod {name} to end", lambda: _phase(kube, name) in ("Succeeded", "Failed"), 120)
        assert _phase(kube, name) == "Succeeded", kube.logs(name)
    finally:
        kube.delete("Pod", name)


def _phase(kube: Kube, name: str) -> str:
    return str((kube.get("Pod", name) or {}).get("status", {}).get("phase"))


def _pod(name: str, program: str) -> Manifest:
    container = {
        "name": "main",
        "image": _IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", program],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"containers": [container], "restartPolicy": "Never"},
    }
