"""kubectl against this cluster, whatever the user's own configuration says."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from support.cluster.layout import KUBECONFIG
from support.tools import programs


class KubectlError(Exception):
    """A call failed; the message has the command and what it wrote."""


def kubectl(*arguments: str, stdin: str = "") -> str:
    """Runs kubectl; the result is its output.

    Raises:
        KubectlError: it failed.
    """
    command = [str(programs.kubectl()), *_CLUSTER, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def apply(manifests: Iterable[dict[str, Any]]) -> None:
    """Applies objects by server-side apply: a client's annotation has no room for a large CRD."""
    kubectl(*_APPLY, "--filename=-", stdin=yaml.safe_dump_all(manifests))


def apply_file(path: Path) -> None:
    """Applies a file of objects."""
    kubectl(*_APPLY, f"--filename={path}")


# End-to-end tests may be asked for the user's current cluster instead.
_CLUSTER = [] if os.environ.get("E2E_CLUSTER") == "kind" else [f"--kubeconfig={KUBECONFIG}"]
_APPLY = ("apply", "--server-side", "--force-conflicts")
