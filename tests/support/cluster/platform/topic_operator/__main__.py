"""`python -m topic_operator`: looks at every KafkaTopic each second, for ever."""

import argparse
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from .broker import Broker, BrokerError
from .resources import Resources, in_cluster
from .topics import (
    FINALIZER,
    KAFKA_ERROR,
    NOT_SUPPORTED,
    Create,
    Delete,
    Leave,
    Step,
    Update,
    is_managed,
    is_said,
    is_settled,
    next_step,
    status_of,
    topic_name,
)

_PAUSE_SECONDS = 1.0


def main() -> None:
    parser = argparse.ArgumentParser()
    for option in ("namespace", "cluster", "bootstrap"):
        parser.add_argument(f"--{option}", required=True)
    options = parser.parse_args()
    resources = Resources(in_cluster(), options.namespace, options.cluster)
    broker = Broker(options.bootstrap)
    while True:
        try:
            look(resources, broker)
        except (BrokerError, httpx.HTTPError) as error:
            print(f"looks again soon: {error}", file=sys.stderr, flush=True)
        time.sleep(_PAUSE_SECONDS)


def look(resources: Resources, broker: Broker) -> None:
    """One look at all topics.

    Raises:
        BrokerError: Kafka does not answer.
        HTTPError: the API server does not answer.
    """
    wanted = resources.all()
    there = broker.names() if wanted else frozenset()
    for resource in wanted:
        _one(resources, broker, resource, topic_name(resource) in there)


def _one(resources: Resources, broker: Broker, resource: Mapping[str, Any], there: bool) -> None:
    if there and is_settled(resource):
        return
    name = topic_name(resource)
    live = broker.topic(name) if there else None
    step = next_step(resource, live)
    if step is None:
        return
    if isinstance(step, Delete):
        if is_managed(resource):
            broker.delete(name)
        others = [held for held in resource["metadata"]["finalizers"] if held != FINALIZER]
        resources.set_finalizers(resource, others)
        return
    finalizers = resource["metadata"].get("finalizers") or []
    if FINALIZER not in finalizers:
        resources.set_finalizers(resource, [*finalizers, FINALIZER])
    refused = _taken(broker, name, step)
    live = None if isinstance(step, Leave) else broker.topic(name)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = status_of(resource, live, refused, now)
    if not is_said(resource, status):
        resources.set_status(resource, status)


def _taken(broker: Broker, name: str, step: Step) -> tuple[str, str] | None:
    """Takes the step; reason and message where Kafka or Strimzi would not."""
    try:
        if isinstance(step, Create):
            broker.create(name, step)
        elif isinstance(step, Update):
            broker.update(name, step)
            return (NOT_SUPPORTED, step.refused) if step.refused else None
    except BrokerError as error:
        return KAFKA_ERROR, str(error)
    return None


if __name__ == "__main__":
    main()
