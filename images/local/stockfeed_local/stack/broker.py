"""The interface of all Kafka brokers, and the broker that is already running elsewhere."""

import time
from abc import abstractmethod
from contextlib import suppress
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from stockfeed_local.stack.service import Service, ServiceError

_REQUEST_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.02


class Broker(Service):
    """A Kafka broker; `endpoint` is its bootstrap address."""

    @property
    @abstractmethod
    def description(self) -> str:
        """Name and version to show to a user, e.g. `Apache Kafka 4.4.0`."""

    def create_topic(self, name: str, partitions: int) -> None:
        """Creates a topic with one replica, and returns when the broker lists it.

        Does nothing if the topic exists.

        Raises:
            ServiceError: The broker rejects the request.
        """
        topic = NewTopic(name, partitions, replication_factor=1)
        admin = _client(self.endpoint)  # kept until the result: a client cancels its requests
        created = admin.create_topics([topic])
        try:
            created[name].result(_REQUEST_SECONDS)
        except KafkaException as error:
            reason = error.args[0]
            if reason.name() == "TOPIC_ALREADY_EXISTS":
                return
            message = f"cannot create topic {name} at {self.endpoint}: {reason.str()}"
            raise ServiceError(message) from error
        # The controller confirms a topic before the broker's own metadata has it.
        deadline = time.monotonic() + _REQUEST_SECONDS
        while name not in admin.list_topics(timeout=_REQUEST_SECONDS).topics:
            if time.monotonic() > deadline:
                raise ServiceError(f"topic {name} was created, but {self.endpoint} lacks it")
            time.sleep(_POLL_SECONDS)


class ExternalKafka(Broker):
    """A Kafka that is already running; it is neither started nor stopped here.

    Args:
        bootstrap: Address as `HOST:PORT`.
        timeout: Seconds to wait for a response.
    """

    def __init__(self, bootstrap: str, timeout: float = 10.0) -> None:
        self._bootstrap = bootstrap
        self._timeout = timeout

    @property
    def endpoint(self) -> str:
        """The bootstrap address."""
        return self._bootstrap

    @property
    def description(self) -> str:
        """Its address, e.g. `Kafka at localhost:9092`."""
        return f"Kafka at {self._bootstrap}"

    def start(self) -> None:
        """Checks that Kafka responds.

        Raises:
            ServiceError: It does not respond in time.
        """
        if not responds(self._bootstrap, self._timeout):
            raise ServiceError(
                f"no response from Kafka at {self._bootstrap} within {self._timeout:g} s; "
                "is it running?"
            )

    def stop(self) -> None:
        """Does nothing: Kafka keeps running."""


def responds(bootstrap: str, timeout: float, topic: str | None = None) -> bool:
    """Returns whether Kafka returns its metadata in time.

    Args:
        bootstrap: Address as `HOST:PORT`.
        timeout: Seconds to wait for a response.
        topic: Topic to request metadata of; a broker with automatic topic creation creates it.
    """
    with suppress(KafkaException):
        return bool(_client(bootstrap).list_topics(topic, timeout).brokers)
    return False


def _client(bootstrap: str) -> AdminClient:
    # Refused connections are expected while a broker starts: librdkafka must not log them.
    return AdminClient(
        {"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 200}
    )
