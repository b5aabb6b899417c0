"""Metrics and histogram buckets shared by several roles."""

from typing import Final

from stockfeed.contract.metrics.model import GaugeMetric, Label

LATENCY_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

CA: Final = "ca"
CLIENT: Final = "client"

CERTIFICATE_EXPIRY: Final = GaugeMetric(
    "stockfeed_kafka_certificate_expiry_timestamp_seconds",
    "Unix seconds",
    "Expiry time of a mounted Kafka certificate: `ca` is the certificate in the CA file that "
    "expires last, `client` is this client's own. Absent if none is mounted.",
    (Label("certificate", (CA, CLIENT)),),
)
