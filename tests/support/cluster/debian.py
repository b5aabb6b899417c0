"""What the node takes from the machine's own packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Each command, and Debian's package of it.
_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
    "nsenter": "util-linux",
}


class PackageError(Exception):
    """A package is missing and cannot be installed; the message says what to do."""


def require() -> None:
    """Installs the packages that are missing.

    Raises:
        PackageError: the machine is no Debian, or apt failed.
    """
    missing = sorted({package for command, package in _PACKAGES.items() if not _there(command)})
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise PackageError(f"missing, and no apt-get to install them with: {', '.join(missing)}")
    print(f"installing {', '.join(missing)} …", file=sys.stderr, flush=True)
    _apt("update")
    _apt("install", "--yes", "--no-install-recommends", *missing)


def _there(command: str) -> bool:
    return Path(command).exists() if command.startswith("/") else shutil.which(command) is not None


def _apt(*arguments: str) -> None:
    # RUNLEVEL=1 keeps a package's service from being started: the node runs its own containerd.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "-qq", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PackageError(f"{' '.join(command)}: {done.stderr.strip()}")
