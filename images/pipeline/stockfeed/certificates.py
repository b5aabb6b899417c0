"""When the mounted Kafka certificates end, looked at each time that Prometheus asks.

Somebody else rotates the files, so nothing that was read once stays true.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from stockfeed.contract.metrics.shared import CA, CERTIFICATE_EXPIRY, CLIENT
from stockfeed.settings import KafkaSettings


class CertificateExpiry(Collector):
    """The ends of a role's Kafka certificates.

    Args:
        settings: name the files; a file that is missing or no certificate is left out, since the
            Kafka client is who says what is wrong with it.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """The metric as it is now."""
        authorities = _expiry_times(self._settings.kafka_tls_ca_file)
        own = _expiry_times(self._settings.kafka_tls_certificate_file)
        # Authorities that were replaced stay in the file for a while; one that is valid is enough.
        ends = {CA: max(authorities, default=None), CLIENT: own[0] if own else None}
        yield CERTIFICATE_EXPIRY.family(
            ((name,), end) for name, end in ends.items() if end is not None
        )


def _expiry_times(file: Path | None) -> Sequence[float]:
    """The end of each certificate in a PEM file, in Unix seconds."""
    try:
        pem = b"" if file is None else file.read_bytes()
        found = x509.load_pem_x509_certificates(pem) if pem else []
    except (OSError, ValueError):
        return []
    return [certificate.not_valid_after_utc.timestamp() for certificate in found]
