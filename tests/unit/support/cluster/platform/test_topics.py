"""The stand-in for Strimzi's Topic Operator decides as the real one does."""

from typing import Any

import pytest

from support.cluster.platform.topic_operator.topics import (
    FINALIZER,
    KAFKA_ERROR,
    NOT_SUPPORTED,
    Create,
    Delete,
    Ignore,
    Live,
    Step,
    Update,
    has_status,
    is_settled,
    next_step,
    status_of,
)

_LIVE = Live("id-1", partitions=3, replicas=1)
_NOW = "2026-11-23T01:00:00Z"


def _topic(metadata: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "quotes", "generation": 2, **(metadata or {})},
        "spec": {"partitions": 3, "replicas": 1, "config": {"retention.ms": 1000}},
        **parts,
    }


def _reported(generation: int = 2, topic_id: str | None = "id-1") -> dict[str, Any]:
    ready = {"type": "Ready", "status": "True"}
    told = {"observedGeneration": generation, "conditions": [ready]}
    return told if topic_id is None else {**told, "topicId": topic_id}


_DELETED = {"deletionTimestamp": _NOW, "finalizers": [FINALIZER]}
_UNMANAGED = {"annotations": {"strimzi.io/managed": "false"}}


@pytest.mark.parametrize(
    ("what", "resource", "live", "expected"),
    [
        ("a new one", _topic(), None, Create(3, 1, {"retention.ms": "1000"})),
        ("one that was there before", _topic(), _LIVE, Update({"retention.ms": "1000"})),
        ("nothing changed", _topic(status=_reported()), _LIVE, None),
        (
            "a changed spec",
            _topic(status=_reported(generation=1)),
            _LIVE,
            Update({"retention.ms": "1000"}),
        ),
        (
            "more partitions",
            _topic(status=_reported(1)),
            Live("id-1", 2, 1),
            Update({"retention.ms": "1000"}, 3),
        ),
        (
            "made again by somebody",
            _topic(status=_reported(topic_id="id-0")),
            _LIVE,
            Update({"retention.ms": "1000"}),
        ),
        (
            "fewer partitions",
            _topic(),
            Live("id-1", 4, 1),
            Update({"retention.ms": "1000"}, refused="Decreasing partitions not supported"),
        ),
        ("deleted", _topic(_DELETED), _LIVE, Delete()),
        ("deleted and not held", _topic({"deletionTimestamp": _NOW}), _LIVE, None),
        ("not managed", _topic(_UNMANAGED), None, Ignore()),
        ("not managed, and told", _topic(_UNMANAGED, status=_reported(topic_id=None)), _LIVE, None),
        (
            "managed again",
            _topic(status=_reported(topic_id=None)),
            _LIVE,
            Update({"retention.ms": "1000"}),
        ),
        ("deleted and not managed", _topic({**_DELETED, **_UNMANAGED}), None, Delete()),
    ],
)
def test_next_step(
    what: str, resource: dict[str, Any], live: Live | None, expected: Step | None
) -> None:
    assert next_step(resource, live) == expected


def test_rejects_another_number_of_replicas() -> None:
    step = next_step(_topic(), Live("id-1", 3, 2))
    assert isinstance(step, Update)
    assert "Replication factor" in step.refused


def test_status_of_a_ready_topic() -> None:
    status = status_of(_topic(), _LIVE, None, _NOW)
    assert status == {
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": _NOW}],
        "observedGeneration": 2,
        "topicName": "quotes",
        "topicId": "id-1",
    }
    assert is_settled(_topic(status=status))


def test_status_of_an_unsupported_change() -> None:
    status = status_of(_topic(), _LIVE, (NOT_SUPPORTED, "no"), _NOW)
    (condition,) = status["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "NotSupported")
    again = _topic(status={**status, "topicId": "id-1"})
    assert next_step(again, Live("id-1", 3, 2)) is None, "it is told once"


def test_retries_a_change_that_kafka_rejected() -> None:
    status = status_of(_topic(), _LIVE, (KAFKA_ERROR, "no"), _NOW)
    again = _topic(status=status)
    assert isinstance(next_step(again, _LIVE), Update)
    assert has_status(again, status_of(again, _LIVE, (KAFKA_ERROR, "no"), "2026-11-23T01:00:01Z"))
    assert not has_status(again, status_of(again, _LIVE, None, _NOW))
