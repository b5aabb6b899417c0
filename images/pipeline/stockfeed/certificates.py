"""A collector for the expiry times of the mounted Kafka certificates.

The files are read at every scrape, because they are rotated while the process runs.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from stockfeed.contract.metrics.shared import CA, CERTIFICATE_EXPIRY, CLIENT
from stockfeed.settings import KafkaSettings


class CertificateExpiry(Collector):
    """Exports the expiry times of a role's Kafka certificates.

    Args:
        settings: paths of the certificate files. Files that are missing or invalid are skipped,
            because the Kafka client reports them.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """Yields the metric, read from the current files."""
        authorities = _expiry_times(self._settings.kafka_tls_ca_file)
        own = _expiry_times(self._settings.kafka_tls_certificate_file)
        # A CA that was replaced stays in the file for a while; one valid CA is enough.
        expiries = {CA: max(authorities, default=None), CLIENT: own[0] if own else None}
        yield CERTIFICATE_EXPIRY.family(
            ((name,), expiry) for name, expiry in expiries.items() if expiry is not None
        )


def _expiry_times(file: Path | None) -> Sequence[float]:
    """Returns the expiry of each certificate in a PEM file, in Unix seconds."""
    try:
        pem = b"" if file is None else file.read_bytes()
        certificates = x509.load_pem_x509_certificates(pem) if pem else []
    except (OSError, ValueError):
        return []
    return [certificate.not_valid_after_utc.timestamp() for certificate in certificates]
