"""Outages between producers and Kafka."""

from datetime import timedelta

from support.cluster.platform import kafka_tls
from support.e2e.kube import Manifest
from support.e2e.runbooks import inject
from support.e2e.runbooks.outage import NO_LOADS, Outage


class Size(Outage):
    """The topic's maximum message size is smaller than a quote."""

    alerts = ("StockFeedDeliveriesFailing",)

    def cause(self) -> None:
        self.wait_for_objects(1)
        self._limit(20)

    def repair(self) -> None:
        self._limit(1_048_588)  # Kafka's default

    def _limit(self, size: int) -> None:
        topic = self.feed.status["groups"][0]["topic"]
        inject.limit_messages(self.testbed.kube, topic, size)


class Certificate(Outage):
    """Kafka uses TLS, and its CA certificate expires in five days."""

    alerts = ("StockFeedCertificateExpiring",)
    resolved_by_repair = frozenset(alerts)

    def resource(self) -> Manifest:
        self._write(timedelta(days=5))
        kafka = {
            "cluster": "stocks",
            "partitions": 1,
            "replicas": 1,
            "tls": {"caSecretRef": {"name": self._secret}},
        }
        return self.small(kafka=kafka, warehouse=NO_LOADS)

    def cause(self) -> None:
        self.wait_for_objects(1)  # so TLS works

    def repair(self) -> None:
        self._write(timedelta(days=365))

    def variables(self, group_name: str) -> dict[str, str]:
        return {**super().variables(group_name), "SECRET": self._secret}

    @property
    def _secret(self) -> str:
        return f"{self.feed.name}-ca"

    def _write(self, lifetime: timedelta) -> None:
        renewed = kafka_tls.renewed(lifetime)
        self.testbed.kube.apply(kafka_tls.ca_secret(self._secret, renewed))
