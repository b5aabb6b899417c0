"""The real CRDs of the custom objects that StockFeed creates.

PodMonitor's and Argo's come from their Go modules, Strimzi's from Maven Central.
"""

from pathlib import Path

from support.crd.strimzi_crds import KINDS as STRIMZI_KINDS
from support.crd.strimzi_crds import strimzi_crd
from support.tools.cache import required_for
from support.tools.go import GoFiles

# The version in tests/support/argolint/go.mod: one release checks both objects and CRDs.
ARGO = GoFiles(
    "github.com/argoproj/argo-workflows/v4@v4.1.4",
    "h1:/+7ZnKumIwBmS6z+3zeWvTnhW8c6nun0dLrtcBBRz0A=",
)
_PROMETHEUS = GoFiles(
    "github.com/prometheus-operator/prometheus-operator@v0.85.0",
    "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
)
_FULL = "manifests/base/crds/full/argoproj.io"  # the minimal ones have no schema
_IN_MODULES = {
    "CronWorkflow": (ARGO, f"{_FULL}_cronworkflows.yaml"),
    "Workflow": (ARGO, f"{_FULL}_workflows.yaml"),
    "WorkflowTaskResult": (ARGO, f"{_FULL}_workflowtaskresults.yaml"),
    "WorkflowTemplate": (ARGO, f"{_FULL}_workflowtemplates.yaml"),
    "PodMonitor": (
        _PROMETHEUS,
        "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
    ),
}


def upstream_crd(kind: str) -> Path:
    """Returns the file of a kind's CRD; skips or fails the calling test if it is unavailable."""
    with required_for(f"objects of {kind} against its CRD"):
        if kind in STRIMZI_KINDS:
            return strimzi_crd(kind)
        module, path = _IN_MODULES[kind]
        return module.directory() / path
