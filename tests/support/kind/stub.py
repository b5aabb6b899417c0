"""Stands in for docker, kind and helm, which need a container engine or remote charts.

Runs under the name of one of the tools, in the directory in the variable WORLD, and records calls.
kubectl is the real one, except for calls that need a kubelet; our own charts are rendered by the
real helm.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

_WORLD = Path(os.environ["WORLD"])
_CLUSTERS = _WORLD / "clusters"
_LOADED = _WORLD / "loaded"


def kind(arguments: list[str]) -> int:
    """Keeps a list of clusters and one of loaded images."""
    match arguments:
        case ["get", "clusters"]:
            print(_CLUSTERS.read_text(), end="")
        case ["create", "cluster", *_]:
            _CLUSTERS.write_text("stockfeed\n")
        case ["delete", "cluster", *_]:
            _CLUSTERS.write_text("")
        case ["load", "image-archive", archive, *_]:
            with _LOADED.open("a") as loaded:
                loaded.write(Path(archive).read_text() + "\n")
        case ["export", "logs", directory, *_]:
            Path(directory).mkdir()
    return 0


def docker(arguments: list[str]) -> int:
    """Reads image IDs from `ids.json`; a saved archive contains the image's name only."""
    match arguments:
        case ["image", "inspect", "--format", "{{.Id}}", name]:
            print(json.loads((_WORLD / "ids.json").read_text())[name.split("/")[2].split(":")[0]])
        case ["exec", _, "crictl", "inspecti", name]:
            return int(name not in _LOADED.read_text().split())
        case ["save", "--output", archive, name]:
            Path(archive).write_text(name)
    return 0


def helm(arguments: list[str]) -> int:
    """Renders a chart that is a directory; a chart from a repository is only recorded."""
    match arguments:
        case ["--kube-context", _, "upgrade", release, chart, *options] if Path(chart).is_dir():
            kept = _less(options, "--install", "--create-namespace")
            _become(os.environ["REAL_HELM"], "template", release, chart, *kept)
    return 0


def kubectl(arguments: list[str]) -> int:
    """Serves calls that need a kubelet from files, and passes all others to the real kubectl."""
    match arguments[2:]:
        case ["exec", *_]:
            print((_WORLD / "gold").read_text(), end="")
            return int((_WORLD / "gold-status").read_text())
        case ["port-forward", _, ports, *_]:
            _listen(int(ports.split(":")[0]))
    return _become(os.environ["REAL_KUBECTL"], *arguments)


def _less(options: list[str], *names: str) -> list[str]:
    return [option for option in options if option not in names]


def _become(*command: str) -> NoReturn:
    os.execv(command[0], command)


def _listen(port: int) -> NoReturn:
    import socket  # noqa: PLC0415 - most calls do without

    with socket.create_server(("127.0.0.1", port)):
        while True:
            time.sleep(60)


def main() -> int:
    """Records the call and runs the stand-in."""
    tool, *arguments = sys.argv[1:]
    with (_WORLD / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([tool, *arguments]) + "\n")
    return {"kind": kind, "docker": docker, "helm": helm, "kubectl": kubectl}[tool](arguments)


if __name__ == "__main__":
    sys.exit(main())
