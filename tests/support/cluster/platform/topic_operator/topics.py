"""What a KafkaTopic asks for, what Kafka has, and what is to be done about the difference.

Stands in for Strimzi's Topic Operator, which is not to be had from a package registry: it does
for the fields that StockFeed sets what that one documents, and nothing else.
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
    """A topic as Kafka has it."""

    id: str
    partitions: int
    replicas: int


@dataclass(frozen=True)
class Create:
    """Make the topic."""

    partitions: int
    replicas: int
    config: Mapping[str, str]


@dataclass(frozen=True)
class Update:
    """Give the topic its settings, and more partitions where the number is not 0.

    Attributes:
        config: its settings.
        partitions: how many it shall have; 0: as many as it has.
        refused: what else is asked for and cannot be done; empty: nothing.
    """

    config: Mapping[str, str]
    partitions: int = 0
    refused: str = ""


@dataclass(frozen=True)
class Leave:
    """The topic is not the operator's business; the resource is held and told of all the same."""


@dataclass(frozen=True)
class Delete:
    """Delete the topic, if Kafka has it, and let the resource go."""


Step = Create | Update | Leave | Delete


def topic_name(resource: Mapping[str, Any]) -> str:
    """The topic's name in Kafka."""
    return str(resource["spec"].get("topicName") or resource["metadata"]["name"])


def is_managed(resource: Mapping[str, Any]) -> bool:
    """Whether the topic is the operator's business; an unmanaged one is only let go."""
    annotations = resource["metadata"].get("annotations") or {}
    return annotations.get(_MANAGED) != "false"


def next_step(resource: Mapping[str, Any], live: Live | None) -> Step | None:
    """What is to be done; None when the status already tells that it is as asked for."""
    if "deletionTimestamp" in resource["metadata"]:
        return Delete() if FINALIZER in (resource["metadata"].get("finalizers") or ()) else None
    if not is_managed(resource):
        return None if is_settled(resource) else Leave()
    spec = resource["spec"]
    config = {name: str(value) for name, value in (spec.get("config") or {}).items()}
    if live is None:
        return Create(spec.get("partitions", 1), spec.get("replicas", 1), config)
    if _is_told(resource, live):
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
    """Whether the status says that all is as this generation asks for."""
    status = resource.get("status") or {}
    told = status.get("observedGeneration") == resource["metadata"]["generation"]
    ready = any(found["status"] == "True" for found in status.get("conditions") or ())
    # An annotation makes no new generation; a topic that is left alone has no id in its status.
    same = ("topicId" in status) == is_managed(resource)
    return told and ready and same and "deletionTimestamp" not in resource["metadata"]


def _is_told(resource: Mapping[str, Any], live: Live) -> bool:
    status = resource.get("status") or {}
    told = status.get("observedGeneration") == resource["metadata"]["generation"]
    conditions = status.get("conditions") or ()
    refused = any(found.get("reason") == NOT_SUPPORTED for found in conditions)
    failed = any(found.get("reason") == KAFKA_ERROR for found in conditions)
    # Somebody else may have grown the topic, or deleted and made it again.
    same = resource["spec"].get("partitions", live.partitions) == live.partitions
    return told and not failed and status.get("topicId") == live.id and (same or refused)


def status_of(
    resource: Mapping[str, Any], live: Live | None, refused: tuple[str, str] | None, now: str
) -> dict[str, Any]:
    """The status, in Strimzi's form, as a merge patch.

    Args:
        resource: the KafkaTopic.
        live: the topic as it is now; None where there is none, or it is left alone.
        refused: reason and message of what could not be done.
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


def is_said(resource: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Whether the resource's status says the same, times aside."""
    return _timeless(resource.get("status") or {}) == _timeless(status)


def _timeless(status: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in status.items() if value is not None}
    conditions = [
        {name: value for name, value in found.items() if name != "lastTransitionTime"}
        for found in known.get("conditions") or ()
    ]
    return {**known, "conditions": conditions}
