"""The topics of a Kafka cluster, by its admin API."""

from collections.abc import Mapping

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
)

from .topics import Create, Live, Update

_SECONDS = 20.0

BrokerError = KafkaException


class Broker:
    """Kafka behind its bootstrap address; every call raises BrokerError when it fails."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "socket.timeout.ms": 10_000})

    def names(self) -> frozenset[str]:
        """All topics."""
        return frozenset(self._admin.list_topics(timeout=_SECONDS).topics)

    def topic(self, name: str) -> Live | None:
        """The topic as it is now."""
        if name not in self.names():
            return None
        found = self._admin.describe_topics(TopicCollection([name]))[name].result(_SECONDS)
        replicas = len(found.partitions[0].replicas)
        return Live(str(found.topic_id), len(found.partitions), replicas)

    def create(self, name: str, step: Create) -> None:
        """Makes the topic."""
        topic = NewTopic(name, step.partitions, step.replicas, config=dict(step.config))
        self._admin.create_topics([topic])[name].result(_SECONDS)

    def update(self, name: str, step: Update) -> None:
        """Gives the topic its partitions and settings."""
        if step.partitions:
            grown = self._admin.create_partitions([NewPartitions(name, step.partitions)])
            grown[name].result(_SECONDS)
        self._configure(name, step.config)

    def _configure(self, name: str, config: Mapping[str, str]) -> None:
        if not config:
            return
        entries = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            for key, value in config.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries)
        for done in self._admin.incremental_alter_configs([resource]).values():
            done.result(_SECONDS)

    def delete(self, name: str) -> None:
        """Deletes the topic, if there is one."""
        if name in self.names():
            self._admin.delete_topics([name])[name].result(_SECONDS)
