"""A consumer and its bucket: what it says of itself, and what the bucket holds of its group."""

import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from stockfeed.contract import endpoints, metrics
from stockfeed.objectstore import ObjectStore
from support.cluster.platform.install import BUCKET, s3_client, service_address
from support.e2e.faults import inside
from support.e2e.kube import NAMESPACE, Kube, Manifest, until

_FINISHED = re.compile(rf"^{metrics.consumer.FLUSH_LATENCY.name}_count (\S+)$", re.MULTILINE)
_LAG = re.compile(rf"^{metrics.consumer.LAG.name}\{{.*\}} (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Consumer:
    """One consumer pod, and the store that it writes to."""

    pod: Manifest
    store: Manifest
    prefix: str

    @property
    def address(self) -> str:
        return str(self.pod["status"]["podIP"])

    def finished(self) -> int:
        """Flushes that have ended, by its metrics."""
        return int(sum(float(value) for value in _FINISHED.findall(self._metrics())))

    def behind(self) -> int:
        """Messages that are not landed, by its metrics."""
        return int(sum(float(value) for value in _LAG.findall(self._metrics())))

    def objects(self) -> Mapping[str, str]:
        """What the bucket holds of its group: each object's ETag."""
        return {
            found.key: found.etag for found in ObjectStore(s3_client(), BUCKET).list(self.prefix)
        }

    def request_is_out(self) -> bool:
        """Whether it has sent to the store what the store's machine has not confirmed."""
        service = service_address("minio").partition(":")[0]
        return inside.queues(self.pod, service).unacknowledged > 0

    def request_is_unread(self) -> bool:
        """Whether the store has not read what has come from it."""
        return inside.queues(self.store, self.address).unread > 0

    def answer_is_out(self) -> bool:
        """Whether the store has sent to it what its machine has not confirmed."""
        return inside.queues(self.store, self.address).unacknowledged > 0

    def wait_for_calm(self) -> None:
        """Waits until a flush has just ended: the next one is some seconds away."""
        before = self.finished()
        until("a flush to end", lambda: self.finished() > before, 90, pause=0.2)

    def _metrics(self) -> str:
        url = f"http://{self.address}:{endpoints.HTTP_PORT}{endpoints.METRICS}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.read().decode())


def consumer_of(kube: Kube, feed: str, group: str) -> Consumer:
    """The one consumer of a group, when it runs."""
    selector = f"stockfeed.dev/feed={feed},stockfeed.dev/group={group}"
    selector += ",app.kubernetes.io/component=consumer"

    def ready() -> Manifest | None:
        pods = kube.pods(selector)
        return pods[0] if len(pods) == 1 and _is_ready(pods[0]) else None

    pod = until(f"a consumer of {feed}, {group}", ready, 120)
    (store,) = kube.pods("app=minio", NAMESPACE)
    return Consumer(pod, store, f"feed={feed}/group={group}/")


def _is_ready(pod: Manifest) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(said["type"] == "Ready" and said["status"] == "True" for said in conditions)
