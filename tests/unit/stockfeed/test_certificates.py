"""Tests of the certificate expiry metric, with generated certificates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client import CollectorRegistry

from stockfeed.certificates import CertificateExpiry
from stockfeed.settings import KafkaSettings

NAME = "stockfeed_kafka_certificate_expiry_timestamp_seconds"
NEAR, FAR = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)


def pem(end: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(end - timedelta(days=1)).not_valid_after(end)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def expiry(tmp_path: Path) -> Callable[..., dict[str, float | None]]:
    """Returns the exported expiry of `ca` and `client` for the given file contents."""
    registry = CollectorRegistry()
    files = {"ca": tmp_path / "ca.crt", "client": tmp_path / "user.crt"}
    settings = KafkaSettings.from_env(
        {
            "STOCKFEED_FEED": "us",
            "STOCKFEED_GROUP": "autos",
            "STOCKFEED_KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
            "STOCKFEED_KAFKA_TOPIC": "quotes",
            "STOCKFEED_KAFKA_TLS_CA_FILE": str(files["ca"]),
            "STOCKFEED_KAFKA_TLS_CERTIFICATE_FILE": str(files["client"]),
        }
    )
    registry.register(CertificateExpiry(settings))

    def show(**contents: bytes) -> dict[str, float | None]:
        for name, content in contents.items():
            files[name].write_bytes(content)
        return {name: registry.get_sample_value(NAME, {"certificate": name}) for name in files}

    return show


def test_ca_expiry_is_that_of_the_longest_lived_ca(
    expiry: Callable[..., dict[str, float | None]],
) -> None:
    assert expiry(ca=pem(NEAR) + pem(FAR))["ca"] == FAR.timestamp()


def test_client_expiry_is_that_of_the_first_certificate_in_the_chain(
    expiry: Callable[..., dict[str, float | None]],
) -> None:
    assert expiry(client=pem(NEAR) + pem(FAR))["client"] == NEAR.timestamp()


def test_exports_the_new_expiry_right_after_a_rotation(
    expiry: Callable[..., dict[str, float | None]],
) -> None:
    assert expiry(client=pem(NEAR))["client"] == NEAR.timestamp()
    assert expiry(client=pem(FAR))["client"] == FAR.timestamp()


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nxx\n"])
def test_skips_a_file_without_certificates(
    expiry: Callable[..., dict[str, float | None]], content: bytes
) -> None:
    assert expiry(ca=content, client=pem(NEAR)) == {"ca": None, "client": NEAR.timestamp()}
