"""The topics of a Kafka cluster, read and changed through Kafka's admin API.

The controller acknowledges a change before the broker shows it: of 150 topics created on a single
node, 24 were still unknown to the broker right afterwards, and 7 settings still had their old
value. Every method that changes something therefore returns when the broker shows the change.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
)

from .topics import Create, Live, Update

_TIMEOUT_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.02

BrokerError = KafkaException


class Broker:
    """Kafka at a bootstrap address.

    Every method raises BrokerError if Kafka does not answer, refuses the change, or does not show
    it within 20 seconds.
    """

    def __init__(self, bootstrap: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "socket.timeout.ms": 10_000})

    def names(self) -> frozenset[str]:
        """Returns the names of all topics."""
        return frozenset(self._admin.list_topics(timeout=_TIMEOUT_SECONDS).topics)

    def topic(self, name: str) -> Live | None:
        """Returns the topic as the broker shows it, or None if the topic does not exist."""
        described = self._admin.describe_topics(TopicCollection([name]))[name]
        try:
            found = described.result(_TIMEOUT_SECONDS)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
            raise
        replicas = len(found.partitions[0].replicas)
        return Live(str(found.topic_id), len(found.partitions), replicas)

    def create(self, name: str, step: Create) -> None:
        """Creates the topic."""
        topic = NewTopic(name, step.partitions, step.replicas, config=dict(step.config))
        self._admin.create_topics([topic])[name].result(_TIMEOUT_SECONDS)
        _wait_until(lambda: self._partitions(name) == step.partitions, f"topic {name}")

    def update(self, name: str, step: Update) -> None:
        """Adds partitions to the topic and changes its settings."""
        if step.partitions:
            grown = self._admin.create_partitions([NewPartitions(name, step.partitions)])
            grown[name].result(_TIMEOUT_SECONDS)
            _wait_until(
                lambda: self._partitions(name) == step.partitions, f"new partitions of {name}"
            )
        if step.config:
            self._configure(name, step.config)

    def delete(self, name: str) -> None:
        """Deletes the topic if it exists."""
        if self.topic(name) is None:
            return
        self._admin.delete_topics([name])[name].result(_TIMEOUT_SECONDS)
        _wait_until(lambda: name not in self.names(), f"deletion of {name}")

    def _partitions(self, name: str) -> int:
        live = self.topic(name)
        return 0 if live is None else live.partitions

    def _configure(self, name: str, config: Mapping[str, str]) -> None:
        entries = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            for key, value in config.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries)
        for done in self._admin.incremental_alter_configs([resource]).values():
            done.result(_TIMEOUT_SECONDS)
        _wait_until(lambda: config.items() <= self._settings(name).items(), f"settings of {name}")

    def _settings(self, name: str) -> dict[str, str]:
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        (described,) = self._admin.describe_configs([resource]).values()
        return {key: entry.value for key, entry in described.result(_TIMEOUT_SECONDS).items()}


def _wait_until(is_shown: Callable[[], bool], change: str) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while not is_shown():
        if time.monotonic() > deadline:
            raise BrokerError(
                KafkaError(KafkaError._TIMED_OUT, f"the broker does not show: {change}")
            )
        time.sleep(_POLL_SECONDS)
