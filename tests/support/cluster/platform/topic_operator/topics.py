"""Decides how to bring a topic in Kafka in line with its KafkaTopic, and reports its status.

Stands in for Strimzi's Topic Operator, which no package registry carries. It implements the
documented behaviour for the fields that StockFeed sets, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FINALIZER = "strimzi.io/topic-operator"
NOT_SUPPORTED = "NotSupported"
KAFKA_ERROR = "KafkaError"
_MANAGED = "strimzi.io/managed"


@dataclass(frozen=True)
class Live:
    """A topic's state in Kafka."""

    id: str
    partitions: int
    replicas: int


@dataclass(frozen=True)
class Create:
    """Create the topic."""

    partitions: int
    replicas: int
    config: Mapping[str, str]


@dataclass(frozen=True)
class Update:
    """Change the topic's settings and its number of partitions.

    Attributes:
        config: the topic's settings.
        partitions: the new number of partitions; 0 keeps the number.
        refused: the reason why another requested change is impossible; empty if there is none.
    """

    config: Mapping[str, str]
    partitions: int = 0
    refused: str = ""


@dataclass(frozen=True)
class Ignore:
    """Leave an unmanaged topic alone; its resource still gets a finalizer and a status."""


@dataclass(frozen=True)
class Delete:
    """Delete the topic, if it exists in Kafka, and remove the resource's finalizer."""


Step = Create | Update | Ignore | Delete


def topic_name(resource: Mapping[str, Any]) -> str:
    """Returns the topic's name in Kafka."""
    return str(resource["spec"].get("topicName") or resource["metadata"]["name"])


def is_managed(resource: Mapping[str, Any]) -> bool:
    """Returns whether the operator manages the topic; it ignores an unmanaged one."""
    annotations = resource["metadata"].get("annotations") or {}
    return annotations.get(_MANAGED) != "false"


def next_step(resource: Mapping[str, Any], live: Live | None) -> Step | None:
    """Returns the next step; None if the status already reports the requested state."""
    if "deletionTimestamp" in resource["metadata"]:
        return Delete() if FINALIZER in (resource["metadata"].get("finalizers") or ()) else None
    if not is_managed(resource):
        return None if is_settled(resource) else Ignore()
    spec = resource["spec"]
    config = {name: str(value) for name, value in (spec.get("config") or {}).items()}
    if live is None:
        return Create(spec.get("partitions", 1), spec.get("replicas", 1), config)
    if _is_reported(resource, live):
        return None
    return _change(spec, live, config)


def _change(spec: Mapping[str, Any], live: Live, config: Mapping[str, str]) -> Update:
    partitions = spec.get("partitions", live.partitions)
    more = partitions if partitions > live.partitions else 0
    if partitions < live.partitions:
        return Update(config, refused="Decreasing partitions not supported")
    if spec.get("replicas", live.replicas) != live.replicas:
        wrong = list(range(live.partitions))
        refused = f"Replication factor change not supported, but required for partitions {wrong}"
        return Update(config, more, refused)
    return Update(config, more)


def is_settled(resource: Mapping[str, Any]) -> bool:
    """Returns whether the status reports success for the resource's current generation."""
    status = resource.get("status") or {}
    told = status.get("observedGeneration") == resource["metadata"]["generation"]
    ready = any(found["status"] == "True" for found in status.get("conditions") or ())
    # Annotations do not change the generation; the status of an unmanaged topic has no id.
    same = ("topicId" in status) == is_managed(resource)
    return told and ready and same and "deletionTimestamp" not in resource["metadata"]


def _is_reported(resource: Mapping[str, Any], live: Live) -> bool:
    status = resource.get("status") or {}
    told = status.get("observedGeneration") == resource["metadata"]["generation"]
    conditions = status.get("conditions") or ()
    refused = any(found.get("reason") == NOT_SUPPORTED for found in conditions)
    failed = any(found.get("reason") == KAFKA_ERROR for found in conditions)
    # Another client may have added partitions, or deleted and recreated the topic.
    same = resource["spec"].get("partitions", live.partitions) == live.partitions
    return told and not failed and status.get("topicId") == live.id and (same or refused)


def status_of(
    resource: Mapping[str, Any], live: Live | None, refused: tuple[str, str] | None, now: str
) -> dict[str, Any]:
    """Returns the status in Strimzi's format, as a merge patch.

    Args:
        resource: the KafkaTopic.
        live: the topic's current state; None if it does not exist or is unmanaged.
        refused: reason and message of a change that is impossible; None if there is none.
        now: the time, RFC 3339.
    """
    condition = {
        "type": "Ready",
        "status": "True" if refused is None else "False",
        "lastTransitionTime": now,
    }
    if refused is not None:
        condition |= {"reason": refused[0], "message": refused[1]}
    return {
        "conditions": [condition],
        "observedGeneration": resource["metadata"]["generation"],
        "topicName": None if live is None else topic_name(resource),
        "topicId": None if live is None else live.id,
    }


def has_status(resource: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Returns whether the resource's status is the same, apart from timestamps."""
    return _timeless(resource.get("status") or {}) == _timeless(status)


def _timeless(status: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in status.items() if value is not None}
    conditions = [
        {name: value for name, value in found.items() if name != "lastTransitionTime"}
        for found in known.get("conditions") or ()
    ]
    return {**known, "conditions": conditions}
