"""Outages between a topic and the bucket."""

import threading
from typing import Any

from support.cluster.platform.install import BUCKET, s3_client
from support.e2e.feeds import RUN
from support.e2e.kube import Manifest
from support.e2e.runbooks import inject
from support.e2e.runbooks.outage import NO_LOADS, Outage, Testbed

_RIVAL_SECONDS = 0.2
# Prometheus first has to discover a new feed.
_SCRAPED_SECONDS = 300


class Lost(Outage):
    """Messages expire while the consumer is down; later, messages that are not quotes arrive."""

    alerts = ("StockFeedErrorMessagesLanded", "StockFeedOffsetsLost")

    def cause(self) -> None:
        self.wait_for_objects(3)
        topic = self.feed.status["groups"][0]["topic"]
        self.remove_consumer()
        polled = self.testbed.server.stats()["polled"]
        self.feed.until(
            "more quotes", lambda: self.testbed.server.stats()["polled"] > polled + 100, 90
        )
        inject.remove_messages(self.testbed.kube, topic)
        self.restore_consumer()
        inject.write_invalid_messages(self.testbed.kube, topic)


class Bucket(Outage):
    """Another client overwrites the bucket's lifecycle rules, and later deletes the bucket."""

    alerts = ("StockFeedRetentionFault", "StockFeedFlushFailing")
    resolved_by_repair = frozenset({"StockFeedRetentionFault"})

    def __init__(self, testbed: Testbed) -> None:
        super().__init__(testbed)
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

    def cause(self) -> None:
        fault = f'stockfeed_retention_faults{{feed="{self.feed.name}"}} == 1'
        self.feed.until("the fault", lambda: self.testbed.monitoring.now(fault), _SCRAPED_SECONDS)
        self._over.set()
        listed = s3_client().list_objects_v2(Bucket=self._name).get("Contents", [])
        self._kept = [inject.remove_object(found["Key"], self._name) for found in listed]
        self.feed.until("an empty bucket", self._deleted, 60)

    def _deleted(self) -> bool:
        """Removes objects that were written meanwhile, and deletes the bucket."""
        for found in s3_client().list_objects_v2(Bucket=self._name).get("Contents", []):
            self._kept.append(inject.remove_object(found["Key"], self._name))
        s3_client().delete_bucket(Bucket=self._name)
        return True

    def repair(self) -> None:
        s3_client().create_bucket(Bucket=self._name)
        for kept in self._kept:
            inject.restore_object(kept, self._name)
        self.restart_consumer()

    def variables(self, group_name: str) -> dict[str, str]:
        return {**super().variables(group_name), "BUCKET": self._name}


class Stopped(Outage):
    """One of two chains contains an object that the consumer did not write."""

    alerts = ("StockFeedPartitionStopped", "StockFeedLagGrowing")
    resolved_by_repair = frozenset(alerts)

    def resource(self) -> Manifest:
        kafka = {"cluster": "stocks", "partitions": 2, "replicas": 1}
        return self.small(symbols=5, kafka=kafka, warehouse=NO_LOADS)

    def cause(self) -> None:
        last = self.wait_for_objects(4)[-1]
        self.remove_consumer()
        self._key = f"{last.rpartition('/')[0]}/not-ours"
        s3_client().put_object(Bucket=BUCKET, Key=self._key, Body=b"?")
        self.restore_consumer()

    def repair(self) -> None:
        s3_client().delete_object(Bucket=BUCKET, Key=self._key)
        self.restart_consumer()
