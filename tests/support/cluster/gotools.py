"""Builds the cluster's programs from their Go modules, once, into the user's cache.

Each directory in `tools/` is a module of its own, so that a program is built with the versions
that its upstream tested. A directory with Go files is a program; without, its go.mod names as
`tool` the commands that are wanted. They link nothing of C: in an image from scratch they run.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.cluster.layout import CACHE, SOURCE

_TOOLS = SOURCE / "tools"


class ToolError(Exception):
    """A program cannot be built; the message says which, and has the compiler's own words."""


@dataclass(frozen=True)
class Tool:
    """A module of programs.

    Attributes:
        name: its directory in `tools/`.
        stamp: the variable that takes upstream's version; empty if it has none.
        module: the required module whose version that is.
        lost_links: the module's symbolic links to source files, which its archive does not hold.
        tags: build tags, separated by commas.
    """

    name: str
    stamp: str = ""
    module: str = ""
    lost_links: Mapping[str, str] = field(default_factory=dict)
    tags: str = ""

    @property
    def source(self) -> Path:
        return _TOOLS / self.name

    def version(self) -> str:
        """The version of the module, as go.mod has it."""
        for line in (self.source / "go.mod").read_text().splitlines():
            words = line.removeprefix("require").split()
            if words[:1] == [self.module]:
                return words[1]
        raise ToolError(f"{self.source}/go.mod does not require {self.module}")

    def directory(self) -> Path:
        """Where its programs lie once built."""
        digest = hashlib.sha256()
        for path in sorted([*self.source.glob("*.go"), *self.source.glob("go.*")]):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        digest.update(self.tags.encode())
        return CACHE / f"{self.name}-{digest.hexdigest()[:16]}"


KUBERNETES = Tool(
    "kubernetes", "k8s.io/component-base/version.gitVersion", module="k8s.io/kubernetes"
)
ETCD = Tool("etcd")
COREDNS = Tool("coredns")
PAUSE = Tool("pause")
ARGO = Tool(
    "argo",
    "github.com/argoproj/argo-workflows/v4.version",
    module="github.com/argoproj/argo-workflows/v4",
    lost_links={"workflow/executor/osspecific/signal_linux.go": "signal_darwin.go"},
)
MINIO = Tool("minio")
PROMETHEUS = Tool("prometheus", tags="remove_all_sd,enable_kubernetes_sd")  # no cloud's discovery
PROMETHEUS_OPERATOR = Tool("prometheus-operator")
KUBE_STATE_METRICS = Tool("kube-state-metrics")
ALL = (
    PAUSE, KUBERNETES, ETCD, COREDNS, ARGO, MINIO,
    PROMETHEUS, PROMETHEUS_OPERATOR, KUBE_STATE_METRICS,
)  # fmt: skip


def build_all() -> None:
    """Builds what is missing, and says so: all of it takes half an hour on two cores."""
    for tool in ALL:
        build(tool)


def build(tool: Tool) -> Path:
    """The directory of the tool's programs; they are built if their module changed.

    Raises:
        ToolError: there is no Go, or the build fails.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    target = tool.directory()
    with (CACHE / f"{tool.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _build(tool, target)
            _remove_older(tool, target)
    return target


def _build(tool: Tool, target: Path) -> None:
    if shutil.which("go") is None:
        raise ToolError(f"no `go` on the PATH to build {tool.name} with: install Go 1.26 or newer")
    print(f"building {tool.name} …", file=sys.stderr, flush=True)
    began = time.monotonic()
    # Complete or not at all: the directory gets its name when every program is in it.
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=f"{tool.name}-") as name:
        made = Path(name) / "bin"
        made.mkdir()
        _compile(tool, made)
        made.rename(target)
    print(f"built {tool.name} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _compile(tool: Tool, made: Path) -> None:
    what = "." if list(tool.source.glob("*.go")) else "tool"
    stamp = f" -X {tool.stamp}={tool.version()}" if tool.stamp else ""
    options = ["-trimpath", "-buildvcs=false", f"-ldflags=-s -w{stamp}", "-o", f"{made}/"]
    if tool.tags:
        options.append(f"-tags={tool.tags}")
    if tool.lost_links:
        options.append(f"-modfile={_with_links(tool, made.parent)}")
    _go(tool, "build", *options, what)


def _with_links(tool: Tool, work: Path) -> Path:
    """The file of a go.mod that takes the tool's module from a copy with the links in place."""
    downloaded = json.loads(_go(tool, "mod", "download", "-json", tool.module))
    copy, modfile = work / "module", work / "go.mod"
    shutil.copytree(downloaded["Dir"], copy)
    for link, target in tool.lost_links.items():
        (copy / link).symlink_to(target)
    replace = f"\nreplace {tool.module} => {copy}\n"
    modfile.write_text((tool.source / "go.mod").read_text() + replace)
    shutil.copy(tool.source / "go.sum", work / "go.sum")
    return modfile


def _go(tool: Tool, *arguments: str) -> str:
    command = ["nice", "-n", "15", "go", *arguments]
    environment = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
    done = subprocess.run(
        command, cwd=tool.source, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ToolError(f"{tool.name}: {' '.join(command)}:\n{done.stderr}")
    return done.stdout


def _remove_older(tool: Tool, current: Path) -> None:
    """Removes what older modules made, and what a build that was killed has left."""
    for path in CACHE.glob(f"{tool.name}-*"):
        if path != current:
            shutil.rmtree(path)
