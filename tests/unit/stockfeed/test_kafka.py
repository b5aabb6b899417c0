from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from stockfeed.errors import TransientError
from stockfeed.kafka import client_config, credentials_fingerprint, topic_id
from stockfeed.settings import KafkaSettings


@pytest.fixture
def settings() -> Callable[..., KafkaSettings]:
    def make(**more: object) -> KafkaSettings:
        names = {
            "FEED": "us",
            "GROUP": "autos",
            "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
            "KAFKA_TOPIC": "quotes",
            **more,
        }
        return KafkaSettings.from_env({f"STOCKFEED_{n}": str(v) for n, v in names.items()})

    return make


SASL = {
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_USERNAME": "me",
    "KAFKA_PASSWORD": "sesame",
}


@pytest.mark.parametrize(
    ("more", "protocol"),
    [
        ({}, "PLAINTEXT"),
        ({"KAFKA_TLS": "true"}, "SSL"),
        (SASL, "SASL_PLAINTEXT"),
        ({"KAFKA_TLS": "true", **SASL}, "SASL_SSL"),
    ],
)
def test_security_protocol_depends_on_tls_and_sasl(
    settings: Callable[..., KafkaSettings], more: dict[str, str], protocol: str
) -> None:
    assert client_config(settings(**more))["security.protocol"] == protocol


def test_librdkafka_accepts_the_configuration(settings: Callable[..., KafkaSettings]) -> None:
    config = client_config(settings(**SASL))
    assert config["sasl.username"] == "me"
    assert config["sasl.password"] == "sesame"
    assert config["client.id"] == "stockfeed-us-autos"
    Producer(config)


def test_metadata_is_refreshed_well_within_the_default_drain_timeout(
    settings: Callable[..., KafkaSettings],
) -> None:
    """A drain waits until every partition has an owner; the spec's default timeout is 5 minutes."""
    assert int(client_config(settings())["topic.metadata.refresh.interval.ms"]) <= 60_000


def test_configures_only_the_certificates_that_are_set(
    settings: Callable[..., KafkaSettings],
) -> None:
    assert not any(name.startswith("ssl.") for name in client_config(settings()))
    config = client_config(settings(KAFKA_TLS="true", KAFKA_TLS_CA_FILE="/tls/ca.crt"))
    assert config["ssl.ca.location"] == "/tls/ca.crt"


def test_fingerprint_changes_with_each_rotation(
    settings: Callable[..., KafkaSettings], tmp_path: Path
) -> None:
    files = {"KAFKA_TLS_CA_FILE": "ca", "KAFKA_TLS_CERTIFICATE_FILE": "crt"}
    more = {variable: tmp_path / name for variable, name in files.items()}
    more |= {"KAFKA_TLS_KEY_FILE": tmp_path / "key", "KAFKA_CREDENTIALS_DIR": tmp_path}
    for name in ("ca", "crt", "key", "username", "password"):
        (tmp_path / name).write_text("old")
    given = settings(**more, KAFKA_SASL_MECHANISM="PLAIN")
    seen = {credentials_fingerprint(given)}
    for name in ("ca", "crt", "key", "username", "password"):
        (tmp_path / name).write_text("new")
        seen.add(credentials_fingerprint(given))
    assert len(seen) == 6
    assert credentials_fingerprint(given) in seen


def test_fingerprint_does_not_contain_the_password(settings: Callable[..., KafkaSettings]) -> None:
    assert "sesame" not in credentials_fingerprint(settings(**SASL))


@pytest.fixture(scope="module")
def mock_kafka() -> Iterator[str]:
    cluster = Producer({"test.mock.num.brokers": 1})
    (broker,) = cluster.list_topics(timeout=10).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del cluster


def test_topic_id_falls_back_to_the_name_without_an_admin_api(mock_kafka: str) -> None:
    assert topic_id(AdminClient({"bootstrap.servers": mock_kafka}), "quotes") == "quotes"


def test_unreachable_broker_is_a_transient_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stockfeed.kafka.ADMIN_TIMEOUT_SECONDS", 0.3)
    with pytest.raises(TransientError, match="quotes"):
        topic_id(AdminClient({"bootstrap.servers": "127.0.0.1:1"}), "quotes")
