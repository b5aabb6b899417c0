"""One feed that plays its tape through all faults, so that all of them are judged by its bars."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from cluster.e2e.feeds import RUN, Feed, group, key_secret, manifest
from cluster.e2e.kube import NAMESPACE, Kube, Manifest, until
from cluster.e2e.tapes import Tape, start_tape, wait_for_tape
from cluster.platform.install import ON_KIND

FEED = f"faulty-{RUN}"
OUTAGE_SECONDS = 75


@dataclass(frozen=True)
class Faulty:
    """The feed, its tape, and what can be done to what it stands on."""

    kube: Kube
    feed: Feed
    server: Tape

    @contextmanager
    def outage(self, deployment: str, namespace: str = NAMESPACE) -> Iterator[None]:
        """A part of the platform is away meanwhile, and back when this ends."""
        self._scale(deployment, namespace, 0)
        labels = (self._found(deployment, namespace))["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        until(f"{deployment} to go", lambda: not self.kube.find("Pod", selector, namespace), 60)
        try:
            yield
        finally:
            self._scale(deployment, namespace, 1)
        until(f"{deployment} to be back", lambda: self._is_ready(deployment, namespace), 120)

    def _scale(self, deployment: str, namespace: str, replicas: int) -> None:
        self.kube.patch("Deployment", deployment, {"spec": {"replicas": replicas}}, namespace)

    def _is_ready(self, deployment: str, namespace: str) -> bool:
        return bool(self._found(deployment, namespace).get("status", {}).get("readyReplicas"))

    def _found(self, deployment: str, namespace: str) -> Manifest:
        return self.kube.get("Deployment", deployment, namespace) or {}

    def moves(self) -> None:
        """Waits until further quotes are confirmed: polled and acknowledged by Kafka."""
        before = self.server.stats()["confirmed"]
        self.feed.until("more quotes", lambda: self.server.stats()["confirmed"] > before + 4, 90)


@pytest.fixture(scope="session")
def faulty(kube: Kube) -> Faulty:
    """The feed when it runs; its first symbol has only few bars."""
    if ON_KIND:
        pytest.skip("the outages are of the stand-ins on our own cluster, not of kind's platform")
    server = start_tape(kube, f"faulty-tape-{RUN}", {"AAPL": 5, "GOOG": 2000, "IBM": 2000})
    wait_for_tape(server)
    kube.apply(key_secret(FEED))
    feed = Feed(kube, FEED)
    groups = [group("early", ["AAPL", "GOOG"]), group("late", ["IBM"])]
    for one in groups:
        one["consumer"] = {**one["consumer"], "replicas": 1}
    feed.apply(manifest(FEED, server.base_url, groups))
    feed.wait("Ready", "True", 240, "Running")
    return Faulty(kube, feed, server)
