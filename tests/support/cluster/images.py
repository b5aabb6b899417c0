"""Images that contain a single program, and loading images into the node.

The programs are linked statically, so an image is the program, an empty /tmp and an entrypoint. It
is written as an archive that any container engine can load; writing it needs no engine.
"""

import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from support.cluster import node
from support.cluster.gotools import (
    ARGO,
    COREDNS,
    KUBE_STATE_METRICS,
    KUBERNETES,
    MINIO,
    PAUSE,
    PROMETHEUS,
    PROMETHEUS_OPERATOR,
)
from support.tools.go import GoTool

_USER = "65532:65532"


@dataclass(frozen=True)
class Program:
    """An image with one program in its /bin.

    Attributes:
        image: the image's full name.
        tool: the module that the program is built from.
        file: the program's file name.
    """

    image: str
    tool: GoTool
    file: str

    def archive(self) -> bytes:
        """Returns the image as an archive; the same program gives the same bytes."""
        layer = _layer(self.file, (self.tool.build() / self.file).read_bytes())
        config = json.dumps(_config(self.file, hashlib.sha256(layer).hexdigest())).encode()
        manifest = [{"Config": "config.json", "RepoTags": [self.image], "Layers": ["layer.tar"]}]
        parts = [
            ("config.json", config),
            ("layer.tar", layer),
            ("manifest.json", json.dumps(manifest).encode()),
        ]
        return _tar((_file(name, 0o644, len(content)), content) for name, content in parts)


PAUSE_IMAGE = Program("stockfeed.test/pause:1", PAUSE, "pause")
COREDNS_IMAGE = Program("stockfeed.test/coredns:1", COREDNS, "coredns")
AGNHOST_IMAGE = Program(
    "stockfeed.test/agnhost:1", KUBERNETES, "agnhost"
)  # Kubernetes' own test image
ARGO_CONTROLLER_IMAGE = Program("stockfeed.test/workflow-controller:1", ARGO, "workflow-controller")
ARGO_EXECUTOR_IMAGE = Program("stockfeed.test/argoexec:1", ARGO, "argoexec")
MINIO_IMAGE = Program("stockfeed.test/minio:1", MINIO, "minio")
PROMETHEUS_IMAGE = Program("stockfeed.test/prometheus:1", PROMETHEUS, "prometheus")
PROMETHEUS_OPERATOR_IMAGE = Program(
    "stockfeed.test/prometheus-operator:1", PROMETHEUS_OPERATOR, "operator"
)
CONFIG_RELOADER_IMAGE = Program(
    "stockfeed.test/prometheus-config-reloader:1", PROMETHEUS_OPERATOR, "prometheus-config-reloader"
)
KUBE_STATE_METRICS_IMAGE = Program(
    "stockfeed.test/kube-state-metrics:1", KUBE_STATE_METRICS, "kube-state-metrics"
)


def load(program: Program) -> None:
    """Loads a program's image into the node, building the program first if needed.

    Raises:
        ToolError: the program cannot be built.
    """
    with tempfile.TemporaryFile() as content:
        content.write(program.archive())
        content.seek(0)
        _import(content)


def load_archive(archive: Path) -> None:
    """Loads the images of an archive, written by buildah, podman or docker, into the node.

    Raises:
        NodeError: containerd rejects the archive.
    """
    with archive.open("rb") as content:
        _import(content)


def loaded() -> list[str]:
    """Returns the names of the node's images."""
    names = node.run("ctr", "--namespace=k8s.io", "images", "list", "--quiet").split()
    return sorted(name for name in names if not name.startswith("sha256:"))


def _import(archive: IO[bytes]) -> None:
    # Through standard input, because the node does not mount every directory of the host.
    command = node.command(["ctr", "--namespace=k8s.io", "images", "import", "-"])
    done = subprocess.run(command, stdin=archive, capture_output=True, check=False)
    if done.returncode != 0:
        raise node.NodeError(f"ctr images import: {done.stderr.decode().strip()}")


def _layer(name: str, program: bytes) -> bytes:
    tmp = tarfile.TarInfo("tmp")
    tmp.type, tmp.mode = tarfile.DIRTYPE, 0o1777
    return _tar([(tmp, b""), (_file(f"bin/{name}", 0o755, len(program)), program)])


def _config(name: str, layer_digest: str) -> dict[str, object]:
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": [name], "Env": ["PATH=/bin"], "User": _USER},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
    }


def _file(name: str, mode: int, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.size = mode, size
    return info


def _tar(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
