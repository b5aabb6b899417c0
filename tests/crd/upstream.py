"""The real CRDs of the custom objects that StockFeed makes.

PodMonitor's comes from its Go module, Strimzi's from Maven Central. Argo's are taken from a
directory that STOCKFEED_TEST_CRDS names, since no package was found that carries them: the Go
module proxy refuses github.com/argoproj/argo-workflows (403), PyPI's hera and argo-workflows
hold Python classes only, and npm's @kubernetes-models/argo-workflows compiled validators.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from crd.strimzi_crds import KINDS as STRIMZI_KINDS
from crd.strimzi_crds import strimzi_crd
from stockfeed_local.stack.maven import MavenError

_MODULE = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
_MODULE_SUM = "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s="
_POD_MONITORS = "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"
_ARGO_FILES = {
    "CronWorkflow": "argo-cronworkflows.yaml",
    "Workflow": "argo-workflows.yaml",
    "WorkflowTemplate": "argo-workflowtemplates.yaml",
}


def upstream_crd(kind: str) -> Path:
    """The file of the kind's CRD.

    Where it cannot be had, the calling test is skipped with a loud reason; where CI is set, it
    fails if a package registry carries the CRD.
    """
    if kind in STRIMZI_KINDS:
        return _strimzi(kind)
    if kind in _ARGO_FILES:
        return _argo(kind)
    assert kind == "PodMonitor", f"no CRD is known of {kind}"
    return _pod_monitors()


def _strimzi(kind: str) -> Path:
    try:
        return strimzi_crd(kind)
    except MavenError as error:
        _without_strimzi(kind, error)


def _without_strimzi(kind: str, error: MavenError) -> NoReturn:
    reason = f"NOT CHECKED: objects of {kind} against its CRD: {error}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _argo(kind: str) -> Path:
    directory = os.environ.get("STOCKFEED_TEST_CRDS")
    if not directory:
        pytest.skip(
            f"NOT CHECKED: objects of {kind} against its CRD, for which no package was found; "
            f"set STOCKFEED_TEST_CRDS to a directory with {_ARGO_FILES[kind]}"
        )
    return Path(directory) / _ARGO_FILES[kind]


def _pod_monitors() -> Path:
    done = subprocess.run(
        ["go", "mod", "download", "-json", _MODULE],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    answer = json.loads(done.stdout)
    assert answer.get("Sum") == _MODULE_SUM, answer
    return Path(answer["Dir"]) / _POD_MONITORS
