"""One feed that replays its tape through all faults; its bars are checked at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from support.cluster.platform import install
from support.cluster.platform.install import ON_KIND
from support.e2e.feeds import RUN, Feed, group, key_secret, manifest
from support.e2e.kube import Kube, Manifest, until
from support.e2e.tapes import Tape, start_tape, wait_for_tape

FEED = f"faulty-{RUN}"
OUTAGE_SECONDS = 75
OPERATORS = "app.kubernetes.io/name=stockfeed-operator"


@dataclass(frozen=True)
class Faulty:
    """The feed, its tape, and faults of the systems that it depends on."""

    kube: Kube
    feed: Feed
    server: Tape

    @contextmanager
    def outage(self, deployment: str) -> Iterator[None]:
        """Stops a Deployment of the platform while the block runs, and waits until it is back."""
        self._scale(deployment, 0)
        labels = self._found(deployment)["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        until(f"{deployment} to be gone", lambda: not self.kube.find("Pod", selector), 60)
        try:
            yield
        finally:
            self._scale(deployment, 1)
        until(f"{deployment} to be back", lambda: self._is_ready(deployment), 120)

    @contextmanager
    def outage_of_operator(self) -> Iterator[None]:
        """Stops the operator while the block runs.

        It does so by the chart's value, because helm and `kubectl scale` would fight over the
        replicas.
        """
        install.operator("--set=replicas=0")
        until("operators to be gone", lambda: not self.kube.find("Pod", OPERATORS, "stockfeed"), 60)
        try:
            yield
        finally:
            install.operator()

    def _scale(self, deployment: str, replicas: int) -> None:
        self.kube.patch("Deployment", deployment, {"spec": {"replicas": replicas}})

    def _is_ready(self, deployment: str) -> bool:
        return bool(self._found(deployment).get("status", {}).get("readyReplicas"))

    def _found(self, deployment: str) -> Manifest:
        return self.kube.get("Deployment", deployment) or {}

    def wait_for_progress(self) -> None:
        """Waits until more quotes are confirmed: polled, and acknowledged by Kafka."""
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
