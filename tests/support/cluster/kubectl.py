"""kubectl for this cluster, regardless of the user's own configuration."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from support.cluster.layout import KUBECONFIG
from support.tools import programs


class KubectlError(Exception):
    """A call failed; the message contains the command and its error output."""


def kubectl(*arguments: str, stdin: str = "") -> str:
    """Runs kubectl and returns its output.

    Raises:
        KubectlError: it failed.
    """
    command = [str(programs.kubectl()), *_CLUSTER, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def apply(manifests: Iterable[dict[str, Any]]) -> None:
    """Applies objects by server-side apply.

    Client-side apply would store each object in an annotation, which a large CRD exceeds.
    """
    kubectl(*_APPLY, "--filename=-", stdin=yaml.safe_dump_all(manifests))


def apply_file(path: Path) -> None:
    """Applies the objects in a file."""
    kubectl(*_APPLY, f"--filename={path}")


# With E2E_CLUSTER=kind, end-to-end tests use the user's current cluster instead.
_CLUSTER = [] if os.environ.get("E2E_CLUSTER") == "kind" else [f"--kubeconfig={KUBECONFIG}"]
_APPLY = ("apply", "--server-side", "--force-conflicts")
