"""Publishes events to Kafka and passes delivery reports to the event loop."""

import asyncio
import threading
import time

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from stockfeed.errors import ConfigurationError
from stockfeed.kafka import client_config, credentials_fingerprint
from stockfeed.metrics import ProducerMetrics
from stockfeed.settings import KafkaSettings

_DELIVERY_TIMEOUT_SECONDS = 300
"""Longer than a broker's restart, during which quotes wait in librdkafka's queue."""
_POLL_SECONDS = 0.2
_MAINTENANCE_SECONDS = 1.0
_METADATA_SECONDS = 2.0
_ROTATION_FLUSH_SECONDS = 10.0
_log = structlog.get_logger()


class KafkaPublisher:
    """An idempotent Kafka producer with `acks=all`, keyed by symbol.

    A background thread processes delivery reports. It also replaces the client after mounted
    credentials were rotated or after a fatal librdkafka error. Create and use it on one event loop.

    Args:
        settings: the topic and the connection settings.
        metrics: the producer's metrics.
        delivery_timeout: seconds after which delivery of an unacknowledged event fails.

    Raises:
        ConfigurationError: librdkafka rejects the settings, e.g. a certificate file.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        metrics: ProducerMetrics,
        delivery_timeout: float = _DELIVERY_TIMEOUT_SECONDS,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._delivery_timeout = delivery_timeout
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._connection_problem: str | None = "no broker has responded yet"
        self._delivery_problem: str | None = None
        self._client_failed = False
        self._newest_ms = 0
        self._logged_errors: set[str] = set()
        self._fingerprint = credentials_fingerprint(settings)
        self._client = self._new_client()
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._thread.start()

    def publish(self, symbol: str, event: bytes, timestamp_ms: int) -> asyncio.Future[bool]:
        """Implements `poller.Publisher`; if the queue is full, delivery fails immediately."""
        delivery: asyncio.Future[bool] = self._loop.create_future()

        def report(error: KafkaError | None, _: Message) -> None:
            problem = None if error is None else error.str()
            self._loop.call_soon_threadsafe(self._complete, delivery, timestamp_ms, problem)

        try:
            with self._lock:
                self._client.produce(
                    self._settings.kafka_topic,
                    value=event,
                    key=symbol,
                    timestamp=timestamp_ms,
                    on_delivery=report,
                )
        except (BufferError, KafkaException) as error:
            self._complete(delivery, timestamp_ms, str(error))
        return delivery

    def problem(self) -> str | None:
        """Returns why events do not reach Kafka, or None if they do."""
        if self._connection_problem is not None:
            return f"Kafka: {self._connection_problem}"
        if self._delivery_problem is not None:
            return f"Kafka: deliveries fail: {self._delivery_problem}"
        return None

    def close(self, timeout: float) -> int:
        """Waits for outstanding deliveries; must not be called on the event loop's thread.

        Args:
            timeout: time limit, seconds.

        Returns:
            The number of unacknowledged events.
        """
        deadline = time.monotonic() + timeout
        self._stopping.set()
        self._thread.join(timeout)
        return self._client.flush(max(0.0, deadline - time.monotonic()))

    def _new_client(self) -> Producer:
        config = {
            **client_config(self._settings),
            "enable.idempotence": True,
            "acks": "all",
            "delivery.timeout.ms": int(self._delivery_timeout * 1000),
            # Short, because a symbol's next poll may wait for the acknowledgement.
            "linger.ms": 1,
            "socket.nagle.disable": True,
            "error_cb": self._on_error,
            # Critical only: librdkafka logs every failed attempt, `_on_error` each kind once.
            "log_level": 2,
        }
        try:
            return Producer(config)
        except KafkaException as error:
            raise ConfigurationError(f"cannot create the Kafka client: {error}") from error

    def _complete(
        self, delivery: asyncio.Future[bool], timestamp_ms: int, problem: str | None
    ) -> None:
        if problem is None:
            self._metrics.published.inc()
            # Acknowledgements from different partitions arrive in any order.
            self._newest_ms = max(self._newest_ms, timestamp_ms)
            self._metrics.newest_published.set(self._newest_ms / 1000)
        else:
            self._metrics.delivery_failures.inc()
        if problem != self._delivery_problem:
            event = "deliveries succeed again" if problem is None else "delivery failed"
            _log.warning(event, problem=problem)
        self._delivery_problem = problem
        delivery.set_result(problem is None)

    def _on_error(self, error: KafkaError) -> None:
        if error.name() not in self._logged_errors:
            self._logged_errors.add(error.name())
            _log.warning("Kafka client error", problem=error.str())
        if error.fatal():
            self._client_failed = True
        if error.name() == "_ALL_BROKERS_DOWN" or self._connection_problem is not None:
            self._connection_problem = error.str()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopping.is_set():
            self._client.poll(_POLL_SECONDS)
            if time.monotonic() >= due:
                self._maintain()
                due = time.monotonic() + _MAINTENANCE_SECONDS

    def _maintain(self) -> None:
        if self._connection_problem is not None:
            self._check_topic()
        if self._client_failed or credentials_fingerprint(self._settings) != self._fingerprint:
            self._replace_client()

    def _check_topic(self) -> None:
        try:
            # Lists all topics, because requesting one by name can create it on the broker
            # (auto.create.topics.enable).
            topics = self._client.list_topics(timeout=_METADATA_SECONDS).topics
        except KafkaException as error:
            # Keep the connection problem from `_on_error`, which is more specific than a timeout.
            _log.debug("no metadata", problem=str(error))
            return
        topic = self._settings.kafka_topic
        self._connection_problem = None if topic in topics else f"topic {topic!r} does not exist"
        if self._connection_problem is None:
            self._logged_errors.clear()
            _log.info("connected to Kafka", topic=topic)

    def _replace_client(self) -> None:
        """Replaces the client, giving queued events time to be delivered by the old one."""
        fingerprint = credentials_fingerprint(self._settings)
        try:
            client = self._new_client()
        except ConfigurationError as error:
            _log.error("cannot replace the Kafka client, keeping the old one", reason=str(error))
            return
        # Flushed before the lock is taken, so that new events are queued in the meantime.
        self._client.flush(_ROTATION_FLUSH_SECONDS)
        with self._lock:
            old, self._client = self._client, client
        self._fingerprint, self._client_failed = fingerprint, False
        old.flush(_METADATA_SECONDS)
        # Fails the remaining deliveries, so that the next polls publish again.
        old.purge()
        old.flush(_METADATA_SECONDS)
        _log.info("replaced the Kafka client")
