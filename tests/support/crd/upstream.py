"""The real CRDs of the custom objects that StockFeed makes.

PodMonitor's and Argo's come from their Go modules, Strimzi's from Maven Central.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from stockfeed_local.stack.maven import MavenError
from support.crd.strimzi_crds import KINDS as STRIMZI_KINDS
from support.crd.strimzi_crds import strimzi_crd


@dataclass(frozen=True)
class GoModule:
    """A Go module that carries CRDs, or a chart, as files.

    Attributes:
        version: path and version, as `go mod download` takes them.
        checksum: of its content, as in a go.sum.
    """

    version: str
    checksum: str


# The version in tests/support/argolint/go.mod: one release checks both objects and CRDs.
ARGO = GoModule(
    "github.com/argoproj/argo-workflows/v4@v4.1.4",
    "h1:/+7ZnKumIwBmS6z+3zeWvTnhW8c6nun0dLrtcBBRz0A=",
)
_PROMETHEUS = GoModule(
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
    """The file of the kind's CRD.

    Where it cannot be had, the calling test is skipped with a loud reason; where CI is set, it
    fails.
    """
    if kind in STRIMZI_KINDS:
        return _strimzi(kind)
    module, path = _IN_MODULES[kind]
    return downloaded(module, _judgement(kind)) / path


def _strimzi(kind: str) -> Path:
    try:
        return strimzi_crd(kind)
    except MavenError as error:
        _unchecked(_judgement(kind), str(error))


def _judgement(kind: str) -> str:
    return f"objects of {kind} against its CRD"


def downloaded(module: GoModule, check: str) -> Path:
    """The module's directory.

    Args:
        module: the module.
        check: what cannot be checked without it; the calling test is skipped then, or fails where
            CI is set.
    """
    if shutil.which("go") is None:
        _unchecked(check, "no go in PATH to fetch it with")
    done = subprocess.run(
        ["go", "mod", "download", "-json", module.version],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    answer = json.loads(done.stdout)
    assert answer.get("Sum") == module.checksum, answer
    return Path(answer["Dir"])


def _unchecked(check: str, why: str) -> NoReturn:
    reason = f"NOT CHECKED: {check}: {why}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
