"""Kafka client configuration, detection of rotated credentials, and topic ids."""

import hashlib
from functools import lru_cache
from pathlib import Path

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from stockfeed.contract.topics import topic_id_hex
from stockfeed.errors import TransientError
from stockfeed.settings import BrokerSettings

ADMIN_TIMEOUT_SECONDS = 10.0


def client_config(settings: BrokerSettings) -> dict[str, str | int | float | bool]:
    """Returns the librdkafka properties shared by producer, consumer and admin clients."""
    config: dict[str, str | int | float | bool] = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "client.id": settings.kafka_client_id,
        "security.protocol": _security_protocol(settings),
        # Reconnect within 1 s after a broker restart; librdkafka's default is 10 s.
        "reconnect.backoff.max.ms": 1000,
        # Notice new partitions within 30 s, so that a drain includes them; the default is 5 min.
        "topic.metadata.refresh.interval.ms": 30_000,
    }
    files = {
        "ssl.ca.location": settings.kafka_tls_ca_file,
        "ssl.certificate.location": settings.kafka_tls_certificate_file,
        "ssl.key.location": settings.kafka_tls_key_file,
    }
    config.update({name: str(path) for name, path in files.items() if path is not None})
    if settings.kafka_sasl_mechanism is not None:
        config["sasl.mechanism"] = settings.kafka_sasl_mechanism
        config["sasl.username"] = settings.kafka_username.get()
        config["sasl.password"] = settings.kafka_password.get()
    return config


def _security_protocol(settings: BrokerSettings) -> str:
    channel = "SSL" if settings.kafka_tls else "PLAINTEXT"
    return channel if settings.kafka_sasl_mechanism is None else f"SASL_{channel}"


def credentials_fingerprint(settings: BrokerSettings) -> str:
    """Returns a hash of the mounted certificates and passwords, which changes on rotation.

    librdkafka reads certificates only when a client is created, so roles create a new client then.
    """
    digest = hashlib.sha256()
    certificates = (
        settings.kafka_tls_ca_file,
        settings.kafka_tls_certificate_file,
        settings.kafka_tls_key_file,
    )
    for path in certificates:
        digest.update(_read_or_empty(path))
    if settings.kafka_sasl_mechanism is not None:
        for secret in (settings.kafka_username, settings.kafka_password):
            digest.update((secret.find() or "").encode() + b"\0")
    return digest.hexdigest()


def _read_or_empty(path: Path | None) -> bytes:
    # The kubelet swaps a mounted directory, so a file can be missing for a moment.
    try:
        return b"\0" if path is None else path.read_bytes() + b"\0"
    except OSError:
        return b"\0"


def topic_id(admin: AdminClient, topic: str) -> str:
    """Returns the topic's id for object keys: its UUID as 32 hex digits.

    Falls back to the topic's name if the broker has no topic ids (Kafka before 2.8) or no admin API
    (librdkafka's mock cluster).

    Raises:
        TransientError: the broker did not respond, or the topic does not exist yet.
    """
    try:
        return topic if _is_mock(admin) else _described_id(admin, topic)
    except KafkaException as error:
        reason = error.args[0]
        if reason.name() == "_UNSUPPORTED_FEATURE":
            return topic
        raise TransientError(f"cannot describe Kafka topic {topic!r}: {reason.str()}") from error


@lru_cache(maxsize=8)
def _is_mock(admin: AdminClient) -> bool:
    # The mock never responds to DescribeTopics. A timeout cannot be taken as "no topic id",
    # because a real broker may be slow, and a changed id would start a second chain.
    cluster = admin.list_topics(timeout=ADMIN_TIMEOUT_SECONDS).cluster_id
    return str(cluster).startswith("mockCluster")


def _described_id(admin: AdminClient, topic: str) -> str:
    described = admin.describe_topics(
        TopicCollection([topic]), request_timeout=ADMIN_TIMEOUT_SECONDS
    )
    uuid = described[topic].result().topic_id
    bits = (uuid.get_most_significant_bits(), uuid.get_least_significant_bits())
    return topic_id_hex(*bits) if any(bits) else topic
