"""Kafka's certificate authority, in Secrets with Strimzi's names."""

import base64
from datetime import timedelta

from support.cluster import kubectl, pki
from support.cluster.kubectl import KubectlError

CA_CERTIFICATE = "stocks-cluster-ca-cert"
_CA_KEY = "stocks-cluster-ca"
_BROKER = "kafka-tls"
_NAMESPACE = "stocks"
_LIFETIME = timedelta(days=365)
_HOST = "stocks-kafka-bootstrap"
_NAMES = (_HOST, f"{_HOST}.{_NAMESPACE}", f"{_HOST}.{_NAMESPACE}.svc")


def install() -> None:
    """Creates the authority and the broker's certificate, unless they exist."""
    if _exists(_BROKER):
        return
    authority = pki.make_authority(_CA_KEY, _LIFETIME)
    broker = pki.make_server(_HOST, authority, _NAMES)
    kubectl.apply(
        [
            _secret(_CA_KEY, {"ca.key": authority.key_pem()}),
            ca_secret(CA_CERTIFICATE, authority),
            _secret(_BROKER, {"broker.pem": broker.key_pem() + broker.certificate_pem()}),
        ]
    )


def renewed(lifetime: timedelta) -> pki.Pair:
    """Returns the authority with another lifetime; it still verifies the broker's certificate."""
    kept = "--output=jsonpath={.data.ca\\.key}"
    key = kubectl.kubectl("get", "secret", _CA_KEY, f"--namespace={_NAMESPACE}", kept)
    return pki.make_authority(_CA_KEY, lifetime, pki.read_key(base64.b64decode(key)))


def ca_secret(name: str, authority: pki.Pair) -> dict[str, object]:
    """Returns the Secret with which clients trust the authority."""
    return _secret(name, {"ca.crt": authority.certificate_pem()})


def _exists(secret: str) -> bool:
    try:
        kubectl.kubectl("get", "secret", secret, f"--namespace={_NAMESPACE}")
    except KubectlError:
        return False
    return True


def _secret(name: str, files: dict[str, bytes]) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": _NAMESPACE},
        "data": {key: base64.b64encode(content).decode() for key, content in files.items()},
    }
