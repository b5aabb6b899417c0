"""An environment for the scripts in charts/kind: stand-ins on the PATH, and a cluster's API."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from support.inmemory.http import StubServer
from support.kind.api import Api, Manifest
from support.tools.programs import helm, kubectl

ROOT: Final = Path(__file__).parents[3]
SCRIPTS: Final = ROOT / "charts" / "kind"
READY: Final = {"type": "Ready", "status": "True", "reason": "AsItShould", "message": ""}

_STUB: Final = Path(__file__).with_name("stub.py")
_DEPLOYMENTS: Final = {
    "monitoring": "kube-prometheus-stack-grafana",
    "strimzi": "strimzi-cluster-operator",
    "argo": "argo-workflows-server",
    "stockfeed": "stockfeed-operator",
}


class World:
    """Runs scripts with stand-ins for the tools, which record their calls.

    Args:
        home: an empty directory.
        server: serves `api`.
        api: the cluster's state.
    """

    def __init__(self, home: Path, server: StubServer, api: Api) -> None:
        self.home = home
        self.api = api
        self.last = subprocess.CompletedProcess("", 0, "", "")
        self._server = server
        for name in ("clusters", "loaded", "calls.jsonl", "gold"):
            (home / name).touch()
        (home / "gold-status").write_text("0")
        self.set_images(operator="1", pipeline="1", dbt="1", local="1")
        self._install_stand_ins()
        self._write_kubeconfig()

    def set_images(self, **contents: str) -> None:
        """Sets the images that the engine has, by name; another content is another image ID."""
        ids = {name: f"sha256:{content * 64}"[:71] for name, content in contents.items()}
        (self.home / "ids.json").write_text(json.dumps(ids))

    def set_gold(self, rows: str) -> None:
        """Sets the output of the query for gold rows; if it is empty, the query fails."""
        (self.home / "gold").write_text(rows)
        (self.home / "gold-status").write_text("0" if rows else "1")

    def make_ready(self) -> None:
        """Makes everything ready that the scripts wait for.

        A feed becomes ready as soon as it is written.
        """
        for namespace in ("stocks", *_DEPLOYMENTS):
            self.api.add("namespaces", "", namespace)
        self.api.add("nodes", "", "stockfeed-control-plane", status={"conditions": [READY]})
        for namespace, name in _DEPLOYMENTS.items():
            self.deployment(namespace, name)
        for name in ("minio", "snowflake", "quotes"):
            self.deployment("stocks", name)
        self.api.add("kafkas", "stocks", "stocks", status={"conditions": [READY]})
        available = {"type": "Available", "status": "True"}
        prometheus = "kube-prometheus-stack-prometheus"
        self.api.add("prometheuses", "monitoring", prometheus, status={"conditions": [available]})
        self.api.written = _ready
        self.set_gold("AAPL 187.42\n")

    def deployment(self, namespace: str, name: str) -> Manifest:
        """Adds a Deployment that is rolled out."""
        replicas = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
        status = {"observedGeneration": 1, **replicas}
        return self.api.add("deployments", namespace, name, spec={"replicas": 1}, status=status)

    def pod(self, namespace: str, name: str, **status: Any) -> None:
        """Adds a pod that is not ready; its container is called `main`."""
        conditions = [{"type": "Ready", "status": "False"}, *status.pop("conditions", ())]
        spec = {"containers": [{"name": "main"}]}
        status |= {"conditions": conditions}
        self.api.add("pods", namespace, name, spec=spec, status=status)

    def start(self, script: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Starts a script in a process group of its own."""
        return subprocess.Popen(
            [SCRIPTS / script, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment() | variables,
            start_new_session=True,
        )

    def run(
        self, script: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a script to its end; the result is also kept as `last`."""
        process = self.start(script, *arguments, **variables)
        output, errors = process.communicate(timeout=180)
        self.last = subprocess.CompletedProcess(script, process.returncode, output, errors)
        return self.last

    def calls(self, tool: str | None = None) -> list[list[str]]:
        """Returns the calls so far, of one tool or all, without the option for the cluster."""
        lines = (self.home / "calls.jsonl").read_text().splitlines()
        return [call for call in map(json.loads, lines) if tool in (None, call[0])]

    def forget_calls(self) -> None:
        """Clears the recorded calls."""
        (self.home / "calls.jsonl").write_text("")

    def _install_stand_ins(self) -> None:
        (self.home / "bin").mkdir()
        for tool in ("docker", "kind", "helm", "kubectl"):
            stand_in = self.home / "bin" / tool
            stand_in.write_text(f'#!/bin/sh\nexec {sys.executable} -ES {_STUB} {tool} "$@"\n')
            stand_in.chmod(stand_in.stat().st_mode | stat.S_IEXEC)

    def _write_kubeconfig(self) -> None:
        name = "kind-stockfeed"
        config: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": self._server.url}}],
            "users": [{"name": name, "user": {}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
        (self.home / "kubeconfig").write_text(json.dumps(config))

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "KUBECONFIG": str(self.home / "kubeconfig"),
            "WORLD": str(self.home),
            "REAL_HELM": str(helm()),
            "REAL_KUBECTL": str(kubectl()),
            "WAIT_SECONDS": "20",
            "POLL_SECONDS": "1",
        }


def _ready(manifest: Manifest) -> None:
    manifest["status"] = {"conditions": [READY]}
