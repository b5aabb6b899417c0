"""What the three kinds of Kafka broker have in common."""

from abc import abstractmethod
from contextlib import suppress
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from stockfeed_local.stack.service import Service, ServiceError

_REQUEST_SECONDS: Final = 10.0


class Broker(Service):
    """A Kafka; `endpoint` is its bootstrap address."""

    @property
    @abstractmethod
    def description(self) -> str:
        """Which broker this is, for a person, e.g. `Apache Kafka 4.4.0`."""

    def create_topic(self, name: str, partitions: int) -> None:
        """Creates a topic of one replica, unless it is there already.

        Raises:
            ServiceError: the broker refuses.
        """
        topic = NewTopic(name, partitions, replication_factor=1)
        admin = _client(self.endpoint)  # by name: without it, the request ends with the client
        created = admin.create_topics([topic])
        try:
            created[name].result(_REQUEST_SECONDS)
        except KafkaException as error:
            reason = error.args[0]
            if reason.name() == "TOPIC_ALREADY_EXISTS":
                return
            message = f"cannot create topic {name} at {self.endpoint}: {reason.str()}"
            raise ServiceError(message) from error


class ExternalKafka(Broker):
    """A Kafka that runs already and is not ours to stop.

    Args:
        bootstrap: `HOST:PORT`.
        timeout: seconds that it has to answer.
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
        """Where it is."""
        return f"Kafka at {self._bootstrap}"

    def start(self) -> None:
        """Checks that the Kafka answers.

        Raises:
            ServiceError: it does not.
        """
        if not answers(self._bootstrap, self._timeout):
            raise ServiceError(
                f"no Kafka answers at {self._bootstrap} within {self._timeout:g} s; is it running?"
            )

    def stop(self) -> None:
        """Leaves the Kafka running."""


def answers(bootstrap: str, timeout: float, topic: str | None = None) -> bool:
    """Whether the Kafka at `bootstrap` names its brokers within `timeout` seconds.

    Args:
        bootstrap: `HOST:PORT`.
        timeout: seconds.
        topic: what else to ask for; a broker that creates topics by itself then creates it.
    """
    with suppress(KafkaException):
        return bool(_client(bootstrap).list_topics(topic, timeout).brokers)
    return False


def _client(bootstrap: str) -> AdminClient:
    # While a broker starts, refused connections are no news: hence no log.
    return AdminClient(
        {"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 200}
    )
