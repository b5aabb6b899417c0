"""Kafka client configuration from the settings, and a topic's identity."""

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
    """Librdkafka's properties that producer, consumer and admin client share."""
    config: dict[str, str | int | float | bool] = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "client.id": settings.kafka_client_id,
        "security.protocol": _security_protocol(settings),
        # A broker that comes back is found within a second, not after librdkafka's ten.
        "reconnect.backoff.max.ms": 1000,
        # A partition that was added is found well within a drain's time, not after five minutes.
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
    """Changes when a mounted certificate or password was rotated.

    librdkafka reads certificates only when a client is made, so a role makes a new client then.
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
    # A file that is missing while kubelet swaps the directory is no rotation to act on by itself.
    try:
        return b"\0" if path is None else path.read_bytes() + b"\0"
    except OSError:
        return b"\0"


def topic_id(admin: AdminClient, topic: str) -> str:
    """The topic's identity for object keys: its UUID as 32 hex digits.

    A broker without topic ids (before Kafka 2.8) or without admin requests (librdkafka's mock
    cluster) has none; then the topic's name stands in.

    Raises:
        TransientError: the broker did not answer, or the topic does not exist (yet).
    """
    try:
        return topic if _is_mock(admin) else _described_id(admin, topic)
    except KafkaException as error:
        reason = error.args[0]
        if reason.name() == "_UNSUPPORTED_FEATURE":
            return topic
        raise TransientError(
            f"Kafka topic {topic!r} cannot be described: {reason.str()}"
        ) from error


@lru_cache(maxsize=8)
def _is_mock(admin: AdminClient) -> bool:
    # Asked of the mock, a description never comes; that must not be taken for "no topic id" since
    # a real broker may be slow too, and its topic's objects would start a second chain.
    cluster = admin.list_topics(timeout=ADMIN_TIMEOUT_SECONDS).cluster_id
    return str(cluster).startswith("mockCluster")


def _described_id(admin: AdminClient, topic: str) -> str:
    described = admin.describe_topics(
        TopicCollection([topic]), request_timeout=ADMIN_TIMEOUT_SECONDS
    )
    uuid = described[topic].result().topic_id
    bits = (uuid.get_most_significant_bits(), uuid.get_least_significant_bits())
    return topic_id_hex(*bits) if any(bits) else topic
