"""A consumer and its bucket: its metrics, its connections, and its group's objects."""

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
    """A consumer pod and the object store that it writes to."""

    pod: Manifest
    store: Manifest
    prefix: str

    @property
    def address(self) -> str:
        return str(self.pod["status"]["podIP"])

    def finished(self) -> int:
        """Returns the number of completed flushes, from its metrics."""
        return int(sum(float(value) for value in _FINISHED.findall(self._metrics())))

    def lag(self) -> int:
        """Returns the number of messages that are not landed yet, from its metrics."""
        return int(sum(float(value) for value in _LAG.findall(self._metrics())))

    def objects(self) -> Mapping[str, str]:
        """Returns the ETag of each of its group's objects by key."""
        return {
            found.key: found.etag for found in ObjectStore(s3_client(), BUCKET).list(self.prefix)
        }

    def request_is_out(self) -> bool:
        """Returns whether it has sent data that the object store's machine has not acknowledged."""
        service = service_address("minio").partition(":")[0]
        return inside.queues(self.pod, service).unacknowledged > 0

    def request_is_unread(self) -> bool:
        """Returns whether the object store has not yet read data from it."""
        return inside.queues(self.store, self.address).unread > 0

    def response_is_out(self) -> bool:
        """Returns whether the object store has sent data that its machine has not acknowledged."""
        return inside.queues(self.store, self.address).unacknowledged > 0

    def wait_for_flush(self) -> None:
        """Waits until a flush has just ended; the next one is then some seconds away."""
        before = self.finished()
        until("a flush to end", lambda: self.finished() > before, 90, pause=0.2)

    def _metrics(self) -> str:
        url = f"http://{self.address}:{endpoints.HTTP_PORT}{endpoints.METRICS}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.read().decode())


def consumer_of(kube: Kube, feed: str, group: str) -> Consumer:
    """Returns the only consumer of a group, as soon as it is ready."""
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
