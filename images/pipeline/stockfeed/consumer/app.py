"""Entry point of `stockfeed consumer`: settings, signals, health, and a loop of Kafka sessions.

A session is the lifetime of one Kafka client. Rotated credentials and an out-of-range position both
end the session; the next one starts with new credentials and finds its position again.
"""

import gc
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic

import structlog
from confluent_kafka import Consumer, TopicPartition
from prometheus_client import CollectorRegistry
from tenacity import (
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential_jitter,
)

from stockfeed import kafka, logs
from stockfeed.certificates import CertificateExpiry
from stockfeed.consumer.kafka_topic import KafkaTopic, OutOfRangeError
from stockfeed.consumer.lander import EventWriter, Lander
from stockfeed.consumer.partition import Rotation
from stockfeed.consumer.retention import apply_retention
from stockfeed.consumer.status import Status
from stockfeed.consumer.worker import Worker, WorkerConfig
from stockfeed.errors import DataError, TransientError
from stockfeed.health import health_server
from stockfeed.metrics import ConsumerMetrics
from stockfeed.objectstore import ObjectStore, object_store
from stockfeed.ownership import claim_feed, owner_of
from stockfeed.settings import ConsumerSettings, Layout
from stockfeed.signals import on_stop_signal

_log = structlog.get_logger(__name__)

_READ_COUNT = 5_000
_READ_SECONDS = 0.2
_CHECK_SECONDS = 2.0
# Below the pod's termination grace period, which the operator sets, and Kafka's rebalance timeout.
_DRAIN_SECONDS = 20.0
_PUT_THREADS = 8
# Messages arrive by the thousand and never form reference cycles, so frequent collection costs time
# and frees nothing.
_GC_THRESHOLD = 50_000
_EVENT_THREADS = 16


def main(environment: Mapping[str, str]) -> int:
    """Runs until SIGTERM or SIGINT and returns the exit status.

    Raises:
        ConfigurationError: a setting, a credential or the object store is unusable, or the bucket
            holds another owner's feed of the same name.
        DataError: all partitions are stopped.
    """
    settings = ConsumerSettings.from_env(environment)
    logs.configure(settings.log_level, settings.log_format)
    gc.set_threshold(_GC_THRESHOLD)
    stop = threading.Event()
    registry = CollectorRegistry()
    registry.register(CertificateExpiry(settings))
    status = Status(ConsumerMetrics(registry))
    with (
        on_stop_signal(stop.set),
        health_server(settings.http_port, registry, status.checks(), host=str(settings.http_host)),
    ):
        store = object_store(settings, max_connections=_PUT_THREADS + _EVENT_THREADS)
        retry = _retry_until_stopped(stop, status)
        retry(store.probe)
        claimed = retry(lambda: claim_feed(store, settings.feed, owner_of(settings)))
        if not stop.is_set():
            days, pause = settings.s3_retention, sleep_using_event(stop)
            apply_retention(store, claimed, days, status.metrics, pause)
        while not stop.is_set():
            retry(lambda: _run_session(settings, store, status, stop))
    return 0


def _retry_until_stopped(stop: threading.Event, status: Status) -> Retrying:
    """Returns a retry policy for transient errors, which ends when `stop` is set."""
    return Retrying(
        retry=retry_if_exception_type(TransientError),
        wait=wait_exponential_jitter(initial=0.5, max=10),
        stop=stop_when_event_set(stop),
        sleep=sleep_using_event(stop),
        before_sleep=lambda state: status.record_retry(state.outcome),
        retry_error_callback=lambda _: None,
    )


def _run_session(
    settings: ConsumerSettings, store: ObjectStore, status: Status, stop: threading.Event
) -> None:
    """Runs one session, from subscribing a new Kafka client to closing it."""
    fingerprint = kafka.credentials_fingerprint(settings)
    # The stack unwinds in reverse order: closing the client lands the buffered messages, for which
    # the thread pools must still run.
    with ExitStack() as stack:
        topic = KafkaTopic(settings)
        worker = _create_worker(settings, topic, store, status, stack)
        _subscribe(topic, worker)
        stack.callback(_close, topic.consumer)
        check_at = 0.0
        while not stop.is_set():
            try:
                worker.step(topic.read(_READ_COUNT, _READ_SECONDS))
            except OutOfRangeError as error:
                _log.warning("position out of range, starting a new session", error=str(error))
                return
            status.record_progress()
            if monotonic() >= check_at:
                _check(worker, status)
                if kafka.credentials_fingerprint(settings) != fingerprint:
                    _log.info("Kafka credentials rotated, starting a new session")
                    return
                check_at = monotonic() + _CHECK_SECONDS


def _create_worker(
    settings: ConsumerSettings,
    topic: KafkaTopic,
    store: ObjectStore,
    status: Status,
    stack: ExitStack,
) -> Worker:
    puts = stack.enter_context(ThreadPoolExecutor(_PUT_THREADS, "put"))
    events = None
    if settings.layout is Layout.PER_EVENT:
        events = EventWriter(
            store, stack.enter_context(ThreadPoolExecutor(_EVENT_THREADS, "event"))
        )
    rotation = Rotation(settings.rotate_records, settings.rotate_bytes, settings.rotate_interval)
    return Worker(
        WorkerConfig(
            settings.feed,
            settings.group,
            settings.kafka_topic,
            rotation,
            settings.kafka_topic_managed,
        ),
        topic,
        store,
        Lander(store, lambda partition: topic.bounds(partition)[1], topic.topic_id, events),
        puts,
        status.metrics,
        monotonic,
    )


def _subscribe(topic: KafkaTopic, worker: Worker) -> None:
    def assign(_: Consumer, partitions: list[TopicPartition]) -> None:
        offsets = worker.assign(partition.partition for partition in partitions)
        # Cooperative rebalancing requires incremental_assign instead of assign.
        topic.consumer.incremental_assign(
            [TopicPartition(topic.name, number, offset) for number, offset in offsets.items()]
        )

    def revoke(_: Consumer, partitions: list[TopicPartition]) -> None:
        worker.revoke([partition.partition for partition in partitions], _DRAIN_SECONDS)

    def drop(_: Consumer, partitions: list[TopicPartition]) -> None:
        worker.drop([partition.partition for partition in partitions])

    topic.consumer.subscribe([topic.name], on_assign=assign, on_revoke=revoke, on_lost=drop)


def _close(consumer: Consumer) -> None:
    try:
        consumer.close()  # calls on_revoke, which lands the buffered messages
    except TransientError as error:
        _log.warning("closed with unlanded messages", error=str(error))


def _check(worker: Worker, status: Status) -> None:
    """Updates lag and status, and fails if no partition can continue.

    Raises:
        DataError: all assigned partitions are stopped.
    """
    try:
        lag = worker.lag()
    except TransientError as error:
        status.update(worker, None, str(error))
    else:
        status.update(worker, lag, None)
    faults = worker.faults
    # Exit, so that Kubernetes shows the reason. A restart also picks up a recreated topic.
    if faults and len(faults) == len(worker.partitions):
        raise DataError("all partitions stopped: " + "; ".join(faults.values()))
