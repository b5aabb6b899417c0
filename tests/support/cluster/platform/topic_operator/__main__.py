"""`python -m topic_operator`: reconciles every KafkaTopic, once a second."""

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
    Ignore,
    Step,
    Update,
    has_status,
    is_managed,
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
            reconcile(resources, broker)
        except (BrokerError, httpx.HTTPError) as error:
            print(f"will retry: {error}", file=sys.stderr, flush=True)
        time.sleep(_PAUSE_SECONDS)


def reconcile(resources: Resources, broker: Broker) -> None:
    """Reconciles all topics once.

    Raises:
        BrokerError: Kafka does not respond.
        HTTPError: the API server does not respond.
    """
    wanted = resources.all()
    there = broker.names() if wanted else frozenset()
    for resource in wanted:
        _reconcile_topic(resources, broker, resource, topic_name(resource) in there)


def _reconcile_topic(
    resources: Resources, broker: Broker, resource: Mapping[str, Any], there: bool
) -> None:
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
    refused = _run_step(broker, name, step)
    live = None if isinstance(step, Ignore) else broker.topic(name)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = status_of(resource, live, refused, now)
    if not has_status(resource, status):
        resources.set_status(resource, status)


def _run_step(broker: Broker, name: str, step: Step) -> tuple[str, str] | None:
    """Runs the step; returns reason and message if Kafka, or Strimzi's rules, reject it."""
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
