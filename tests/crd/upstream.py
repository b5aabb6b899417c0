"""The real CRDs of the custom objects that StockFeed makes.

PodMonitor's comes from its Go module. Argo's and Strimzi's are taken from a directory that
STOCKFEED_TEST_CRDS names, since no package registry could be found that carries them.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_MODULE = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
_MODULE_SUM = "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s="
_POD_MONITORS = "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"
_FROM_DIRECTORY = {
    "KafkaTopic": "strimzi-kafkatopic.yaml",
    "CronWorkflow": "argo-cronworkflows.yaml",
    "Workflow": "argo-workflows.yaml",
    "WorkflowTemplate": "argo-workflowtemplates.yaml",
}


@dataclass(frozen=True)
class UpstreamCrds:
    """Files of CRDs by kind; a kind that cannot be had is missing."""

    files: dict[str, Path]

    def of(self, *kinds: str) -> list[Path]:
        """The kinds' CRDs; the calling test is skipped with a loud reason if one is missing."""
        missing = [kind for kind in kinds if kind not in self.files]
        if missing:
            pytest.skip(
                f"NOT CHECKED: objects of {', '.join(missing)} against their CRDs, which no "
                "package registry carries; set STOCKFEED_TEST_CRDS to a directory with "
                f"{', '.join(_FROM_DIRECTORY[kind] for kind in missing)}"
            )
        return [self.files[kind] for kind in kinds]


def upstream_crds() -> UpstreamCrds:
    """The CRDs that can be had here."""
    directory = os.environ.get("STOCKFEED_TEST_CRDS")
    given = _FROM_DIRECTORY if directory else {}
    files = {kind: Path(directory or "") / name for kind, name in given.items()}
    return UpstreamCrds({**files, "PodMonitor": _pod_monitors()})


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
