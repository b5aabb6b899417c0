"""Certificate authorities and certificates, in particular the cluster's own.

The cluster uses one authority for servers and clients: it lives for a day, and only this machine
can reach it.
"""

import base64
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from support.cluster.layout import API_URL, FIRST_SERVICE_IP, NODE_IP, NODE_NAME

_LIFETIME = timedelta(days=30)
_API_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
_API_ADDRESSES = ("127.0.0.1", NODE_IP, FIRST_SERVICE_IP)

# The API server's clients: user name and group, as in RBAC's default bindings.
_CLIENTS = {
    "admin": ("admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "proxy": ("system:kube-proxy", ""),
    "kubelet": (f"system:node:{NODE_NAME}", "system:nodes"),
}


@dataclass(frozen=True)
class Pair:
    """A private key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def key_pem(self) -> bytes:
        return _pem(self.key, serialization.PrivateFormat.PKCS8)  # the only form that Kafka reads

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def write(directory: Path) -> None:
    """Writes the authority, the API server's certificates and a kubeconfig for each client."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = make_authority("stockfeed-cluster", _LIFETIME)
    _write(directory / "ca.crt", authority.certificate_pem())
    apiserver = make_server("kube-apiserver", authority, _API_NAMES, _API_ADDRESSES)
    _write_pair(directory, "apiserver", apiserver)
    kubelet_client = _sign(_name("kube-apiserver", "system:masters"), authority, _client())
    _write_pair(directory, "apiserver-kubelet-client", kubelet_client)
    # The only form from which the API server reads a public key.
    signer = _pem(_new_key(), serialization.PrivateFormat.TraditionalOpenSSL)
    _write(directory / "service-account.key", signer)
    for client, (name, group) in _CLIENTS.items():
        pair = _sign(_name(name, group), authority, _client())
        _write(directory / f"{client}.kubeconfig", _kubeconfig(authority, pair).encode())


def make_authority(
    name: str, lifetime: timedelta, key: ec.EllipticCurvePrivateKey | None = None
) -> Pair:
    """Creates a self-signed authority; given an earlier authority's key, renews that authority."""
    return _sign(_name(name, ""), None, _authority_extensions(), lifetime, key)


def make_server(
    name: str, authority: Pair, names: Iterable[str], addresses: Iterable[str] = ()
) -> Pair:
    """Creates a server certificate for these names and addresses."""
    return _sign(_name(name, ""), authority, _server(names, addresses))


def read_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """Parses a private key that `Pair.key_pem` wrote."""
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), "a key of another kind"
    return key


def _kubeconfig(authority: Pair, client: Pair) -> str:
    name = "stockfeed-cluster"
    cluster = {"server": API_URL, "certificate-authority-data": _base64(authority)}
    key = base64.b64encode(client.key_pem()).decode()
    user = {"client-certificate-data": _base64(client), "client-key-data": key}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
    )


def _sign(
    subject: x509.Name,
    issuer: Pair | None,
    extensions: list[tuple[x509.ExtensionType, bool]],
    lifetime: timedelta = _LIFETIME,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> Pair:
    """Signs a key, new unless one is given, by the issuer; self-signed if the issuer is None."""
    key, now = key or _new_key(), datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + lifetime)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Pair(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


def _authority_extensions() -> list[tuple[x509.ExtensionType, bool]]:
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return [(x509.BasicConstraints(ca=True, path_length=0), True), (usage, True)]


def _server(
    names: Iterable[str], addresses: Iterable[str]
) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    found += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return [(x509.SubjectAlternativeName(found), False), (usage, False)]


def _client() -> list[tuple[x509.ExtensionType, bool]]:
    return [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)]


def _name(common_name: str, organization: str) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(key: ec.EllipticCurvePrivateKey, form: serialization.PrivateFormat) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _base64(pair: Pair) -> str:
    return base64.b64encode(pair.certificate_pem()).decode()


def _write_pair(directory: Path, name: str, pair: Pair) -> None:
    _write(directory / f"{name}.crt", pair.certificate_pem())
    _write(directory / f"{name}.key", pair.key_pem())


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
