from typing import Any

import pytest

from stockfeed.contract import env
from stockfeed_operator.manifests.connections import kafka, object_store, snowflake_keys
from support.inmemory.feeds import feed

OTHER_KAFKA = {"cluster": None, "bootstrapServers": "b:9094"}


@pytest.mark.parametrize(
    ("given", "settings", "secrets"),
    [
        ({}, {}, {}),
        (
            {"tls": {}},
            {env.KAFKA_TLS: "true"},
            {"kafka-ca": ("stocks-cluster-ca-cert", ("ca.crt",))},
        ),
        ({**OTHER_KAFKA, "tls": {}}, {env.KAFKA_TLS: "true"}, {}),
        (
            {
                **OTHER_KAFKA,
                "tls": {
                    "caSecretRef": {"name": "ca", "key": "x.pem"},
                    "clientCertificateSecretRef": {"name": "user"},
                },
            },
            {env.KAFKA_TLS: "true"},
            {"kafka-ca": ("ca", ("x.pem",)), "kafka-client": ("user", ("user.crt", "user.key"))},
        ),
        (
            {"sasl": {"username": "us", "credentialsSecretRef": {"name": "user"}}},
            {env.KAFKA_SASL_MECHANISM: "SCRAM-SHA-512", env.KAFKA_USERNAME: "us"},
            {"kafka-credentials": ("user", ("username", "password"))},
        ),
    ],
)
def test_kafka_settings_and_secrets(
    given: dict[str, Any], settings: dict[str, str], secrets: dict[str, tuple[str, tuple[str, ...]]]
) -> None:
    connection = kafka(feed(kafka=given), "autos")
    found = {files.purpose: (files.secret, files.keys) for files in connection.secrets}
    assert found == secrets
    base = {env.KAFKA_TOPIC: "stock-quotes.us.autos"}
    assert (base | settings).items() <= connection.env.items()
    paths = [value for value in connection.env.values() if value.startswith("/")]
    assert all(any(files.directory in path for files in connection.secrets) for path in paths)


def test_tls_uses_the_tls_listener_of_a_strimzi_cluster() -> None:
    assert kafka(feed(), "a").env[env.KAFKA_BOOTSTRAP_SERVERS] == "stocks-kafka-bootstrap:9092"
    with_tls = kafka(feed(kafka={"tls": {}}), "a")
    assert with_tls.env[env.KAFKA_BOOTSTRAP_SERVERS] == "stocks-kafka-bootstrap:9093"


def test_without_a_secret_pods_use_their_cloud_identity() -> None:
    connection = object_store(feed(landing={"credentialsSecretRef": None}))
    assert connection.env == {env.S3_BUCKET: "raw-quotes"}
    assert connection.secrets == ()


def test_snowflake_mounts_required_and_optional_keys() -> None:
    (files,) = snowflake_keys(feed()).secrets
    assert {"account", "user", "privateKey", "role", "host"} <= set(files.keys)
