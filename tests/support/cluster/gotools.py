"""The cluster's programs, each built from its Go module into the user's cache.

Each directory in `tools/` is a Go module of its own, so that a program is built with the versions
that its upstream tested.
"""

import re
import shutil
from typing import Any

from support.cluster.layout import CACHE, SOURCE
from support.tools.go import GoTool


def _tool(name: str, stamp: str = "", **options: Any) -> GoTool:
    return GoTool(name, SOURCE / "tools" / name, CACHE, stamp, **options)


KUBERNETES = _tool(
    "kubernetes", "k8s.io/component-base/version.gitVersion", module="k8s.io/kubernetes"
)
ETCD = _tool("etcd")
COREDNS = _tool("coredns")
PAUSE = _tool("pause")
ARGO = _tool(
    "argo",
    "github.com/argoproj/argo-workflows/v4.version",
    module="github.com/argoproj/argo-workflows/v4",
    lost_links={"workflow/executor/osspecific/signal_linux.go": "signal_darwin.go"},
)
MINIO = _tool("minio")
# Only Kubernetes' service discovery: the clients of clouds would be most of the binary.
PROMETHEUS = _tool("prometheus", tags="remove_all_sd,enable_kubernetes_sd")
PROMETHEUS_OPERATOR = _tool("prometheus-operator")
KUBE_STATE_METRICS = _tool("kube-state-metrics")
ALL = (
    PAUSE, KUBERNETES, ETCD, COREDNS, ARGO, MINIO,
    PROMETHEUS, PROMETHEUS_OPERATOR, KUBE_STATE_METRICS,
)  # fmt: skip


def build_all() -> None:
    """Builds the tools that are missing; all of them take half an hour on two cores."""
    for tool in ALL:
        tool.build()
    remove_outdated()


def remove_outdated() -> None:
    """Removes builds of older module versions; all tools together take 0.9 GB."""
    current = {tool.directory() for tool in ALL}
    for path in CACHE.glob("*-*"):
        if re.fullmatch(r"[a-z-]+-[0-9a-f]{16}", path.name) and path not in current:
            shutil.rmtree(path)
