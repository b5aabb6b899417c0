"""One feed that plays its tape through all faults, so that all of them are judged by its bars."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from cluster.e2e.feeds import RUN, Feed, group, key_secret, manifest
from cluster.e2e.kube import Kube, until
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

    def scale(self, deployment: str, replicas: int) -> None:
        """Takes a part of the platform away, or brings it back."""
        self.kube.patch("Deployment", deployment, {"spec": {"replicas": replicas}})

    @contextmanager
    def outage(self, deployment: str) -> Iterator[None]:
        """A part of the platform is away meanwhile, and back when this ends."""
        self.scale(deployment, 0)
        selector = self._selector(deployment)
        until(f"{deployment} to be gone", lambda: not self.kube.find("Pod", selector), 60)
        try:
            yield
        finally:
            self.scale(deployment, 1)
        until(f"{deployment} to be back", lambda: self._ready(deployment), 120)

    def _selector(self, deployment: str) -> str:
        found = self.kube.get("Deployment", deployment) or {}
        labels = found["spec"]["selector"]["matchLabels"]
        return ",".join(f"{name}={value}" for name, value in labels.items())

    def _ready(self, deployment: str) -> bool:
        found = self.kube.get("Deployment", deployment) or {}
        return bool(found.get("status", {}).get("readyReplicas"))

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
