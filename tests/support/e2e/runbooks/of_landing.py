"""Outages between a topic and the bucket."""

import threading
from typing import Any

from support.cluster.platform.install import BUCKET, s3_client
from support.e2e.feeds import RUN
from support.e2e.kube import Manifest
from support.e2e.runbooks import inject
from support.e2e.runbooks.outage import NO_LOADS, Outage, Ward

_RIVAL_SECONDS = 0.2
# Prometheus has to hear of a new feed first.
_SCRAPED_SECONDS = 300


class Lost(Outage):
    """The consumer is away while messages come and go; then come some that are no quotes."""

    alerts = ("StockFeedErrorMessagesLanded", "StockFeedOffsetsLost")

    def make(self) -> None:
        self.landed(3)
        topic = self.feed.status["groups"][0]["topic"]
        self.remove_consumer()
        polled = self.ward.server.stats()["polled"]
        self.feed.until(
            "more quotes", lambda: self.ward.server.stats()["polled"] > polled + 100, 90
        )
        inject.remove_messages(self.ward.kube, topic)
        self.bring_consumer_back()
        inject.foreign_messages(self.ward.kube, topic)


class Bucket(Outage):
    """A bucket whose rules somebody else overwrites; later it is gone."""

    alerts = ("StockFeedRetentionFault", "StockFeedFlushFailing")
    ends = frozenset({"StockFeedRetentionFault"})

    def __init__(self, ward: Ward) -> None:
        super().__init__(ward)
        self._name = f"rb-bucket-{RUN}"
        self._kept: list[dict[str, Any]] = []

    def resource(self) -> Manifest:
        s3_client().create_bucket(Bucket=self._name)
        landing = {
            "endpoint": "http://minio:9000",
            "bucket": self._name,
            "credentialsSecretRef": {"name": "minio"},
            "rotate": {"interval": "5s"},
            "retention": "8d",
        }
        return self.small(warehouse=NO_LOADS, landing=landing)

    def start(self) -> None:
        super().start()
        self._over = threading.Event()
        threading.Thread(target=self._overwrite, daemon=True).start()

    def _overwrite(self) -> None:
        s3 = s3_client()
        while not self._over.wait(_RIVAL_SECONDS):
            s3.delete_bucket_lifecycle(Bucket=self._name)

    def make(self) -> None:
        fault = f'stockfeed_retention_faults{{feed="{self.feed.name}"}} == 1'
        self.feed.until("the fault", lambda: self.ward.monitoring.now(fault), _SCRAPED_SECONDS)
        self._over.set()
        listed = s3_client().list_objects_v2(Bucket=self._name).get("Contents", [])
        self._kept = [inject.take_away(found["Key"], self._name) for found in listed]
        self.feed.until("an empty bucket", self._deleted, 60)

    def _deleted(self) -> bool:
        """Takes what was written meanwhile, and deletes the bucket."""
        for found in s3_client().list_objects_v2(Bucket=self._name).get("Contents", []):
            self._kept.append(inject.take_away(found["Key"], self._name))
        s3_client().delete_bucket(Bucket=self._name)
        return True

    def repair(self) -> None:
        s3_client().create_bucket(Bucket=self._name)
        for kept in self._kept:
            inject.put_back(kept, self._name)
        self.restart_consumer()

    def variables(self, group_name: str) -> dict[str, str]:
        return {**super().variables(group_name), "BUCKET": self._name}


class Stopped(Outage):
    """Somebody else's object lies in one of two chains."""

    alerts = ("StockFeedPartitionStopped", "StockFeedLagGrowing")
    ends = frozenset(alerts)

    def resource(self) -> Manifest:
        kafka = {"cluster": "stocks", "partitions": 2, "replicas": 1}
        return self.small(symbols=5, kafka=kafka, warehouse=NO_LOADS)

    def make(self) -> None:
        last = self.landed(4)[-1]
        self.remove_consumer()
        self._key = f"{last.rpartition('/')[0]}/not-ours"
        s3_client().put_object(Bucket=BUCKET, Key=self._key, Body=b"?")
        self.bring_consumer_back()

    def repair(self) -> None:
        s3_client().delete_object(Bucket=BUCKET, Key=self._key)
        self.restart_consumer()
