"""What a KafkaTopic asks for, what Kafka has, and what is to be done about the difference.

Stands in for Strimzi's Topic Operator, which is not to be had from a package registry: it does
for the fields that StockFeed sets what that one documents, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FINALIZER = "strimzi.io/topic-operator"
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
    """Give the topic its settings, and more partitions where the number is not 0."""

    config: Mapping[str, str]
    partitions: int = 0


@dataclass(frozen=True)
class Refuse:
    """What is asked for cannot be done."""

    message: str


@dataclass(frozen=True)
class Delete:
    """Delete the topic, if Kafka has it, and let the resource go."""


Step = Create | Update | Refuse | Delete


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
        return None
    spec = resource["spec"]
    config = {name: str(value) for name, value in (spec.get("config") or {}).items()}
    if live is None:
        return Create(spec.get("partitions", 1), spec.get("replicas", 1), config)
    if _is_told(resource, live):
        return None
    return _change(spec, live, config)


def _change(spec: Mapping[str, Any], live: Live, config: Mapping[str, str]) -> Step:
    partitions = spec.get("partitions", live.partitions)
    replicas = spec.get("replicas", live.replicas)
    if partitions < live.partitions:
        return Refuse("Decreasing partitions not supported")
    if replicas != live.replicas:
        return Refuse(
            f"Replication factor change not supported, but required for partitions "
            f"{list(range(live.partitions))}"
        )
    return Update(config, partitions if partitions > live.partitions else 0)


def _is_told(resource: Mapping[str, Any], live: Live) -> bool:
    status = resource.get("status") or {}
    told = status.get("observedGeneration") == resource["metadata"]["generation"]
    refused = any(found.get("reason") for found in status.get("conditions") or ())
    # Somebody else may have grown the topic, or deleted and made it again.
    same = resource["spec"].get("partitions", live.partitions) == live.partitions
    return told and status.get("topicId") == live.id and (same or refused)


def status_of(
    resource: Mapping[str, Any], live: Live | None, refused: tuple[str, str] | None, now: str
) -> dict[str, Any]:
    """The status, in Strimzi's form.

    Args:
        resource: the KafkaTopic.
        live: the topic as it is now.
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
    known = {} if live is None else {"topicName": topic_name(resource), "topicId": live.id}
    return {
        "conditions": [condition],
        "observedGeneration": resource["metadata"]["generation"],
        **known,
    }
