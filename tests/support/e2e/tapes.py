"""Quote servers that replay a few real bars for one feed, and the bars that gold must then hold."""

import csv
import gzip
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stockfeed_local.quotes.bars import Bar, read_bars, sample_file
from stockfeed_local.quotes.intervals import INTERVALS
from support.cluster.platform.images import VERSION
from support.e2e.kube import NAMESPACE, Kube, Manifest, until

IMAGE = f"docker.io/stockfeed/local:{VERSION}"
LABEL = "stockfeed.test/tape"
_INTERVAL = INTERVALS["1d"]


@dataclass(frozen=True)
class Tape:
    """A quote server in the cluster.

    Attributes:
        name: name of its Service.
        bars: the bars that it replays, as four quotes each.
        kube: the cluster.
    """

    name: str
    bars: tuple[Bar, ...]
    kube: Kube

    @property
    def base_url(self) -> str:
        return f"http://{self.name}:8080/api/v1"

    def hold(self, released: int | None) -> None:
        """Reveals at most `released` quotes in total; None removes the limit."""
        self._request("limit", {"released": released})

    def stats(self) -> dict[str, Any]:
        """Returns the progress; `done` is set when the last quote of each symbol is confirmed."""
        stats: dict[str, Any] = self._request("stats")
        return stats

    def done(self, symbols: Iterable[str]) -> bool:
        """Returns whether all quotes of these symbols are confirmed."""
        by_symbol = self.stats()["symbols"]
        parts = [by_symbol[symbol] for symbol in symbols]
        return all(part["confirmed"] == part["revealed"] + part["remaining"] for part in parts)

    def _request(self, what: str, body: object = None) -> Any:
        path = f"/api/v1/namespaces/{NAMESPACE}/services/{self.name}:8080/proxy/control/{what}"
        text = self.kube.request(path, body, "GET" if body is None else "POST")
        return json.loads(text) if text else None


def start_tape(kube: Kube, name: str, symbols: dict[str, int]) -> Tape:
    """Starts a quote server.

    Args:
        kube: the cluster.
        name: name of the server's objects.
        symbols: number of bars by symbol.
    """
    text = _csv(symbols)
    for manifest in _manifests(name, text):
        kube.apply(manifest)
    with TemporaryDirectory() as directory:
        file = Path(directory) / "bars.csv"
        file.write_text(text)
        bars = tuple(read_bars(file, _INTERVAL))
    return Tape(name, bars, kube)


def wait_for_tape(tape: Tape) -> None:
    """Waits until the server responds."""

    def ready() -> bool:
        found = tape.kube.get("Deployment", tape.name) or {}
        return bool(found.get("status", {}).get("readyReplicas"))

    until(f"{tape.name} to be ready", ready, 90)


def _csv(symbols: dict[str, int]) -> str:
    with gzip.open(sample_file(), "rt") as file:
        rows = list(csv.DictReader(file))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    for symbol, count in symbols.items():
        writer.writerows([row for row in rows if row["Ticker"] == symbol][:count])
    return out.getvalue()


def _manifests(name: str, bars: str) -> list[Manifest]:
    labels = {"app": name}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {LABEL: name}}
    container = {
        "name": "tape",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-m", "stockfeed_local.quotes"],
        "args": ["--host=0.0.0.0", "--port=8080", "--bars=/bars/bars.csv", "--controls"],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
        "volumeMounts": [{"name": "bars", "mountPath": "/bars"}],
    }
    pod = {
        "enableServiceLinks": False,
        "containers": [container],
        "volumes": [{"name": "bars", "configMap": {"name": name}}],
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"bars.csv": bars}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"port": 8080}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        },
    ]
