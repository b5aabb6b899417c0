"""Debian packages as sources of tools."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from support.tools.cache import CACHE, ToolError, ToolUnavailableError, cached


def unpacked(package: str) -> Path:
    """Returns the root of a package's files in the cache, downloaded first if needed.

    The package is not installed: installing it might start a service.

    Raises:
        ToolUnavailableError: this is not Debian.
        ToolError: the package cannot be downloaded.
    """
    return cached(CACHE / "debian" / package, lambda target: _unpack(package, target))


def install(packages: Mapping[str, str]) -> None:
    """Installs the packages of those commands that the machine lacks; needs root.

    Args:
        packages: the package of each command; a command is a name on the PATH or a path.

    Raises:
        ToolUnavailableError: packages are missing, and this is not Debian.
        ToolError: apt failed.
    """
    missing = sorted({package for command, package in packages.items() if not _exists(command)})
    if not missing:
        return
    _require_apt(missing)
    print(f"installing {', '.join(missing)} …", file=sys.stderr, flush=True)
    _apt("update")
    _apt("install", "--yes", "--no-install-recommends", *missing)


def _unpack(package: str, target: Path) -> None:
    _require_apt([package])
    try:
        _apt("download", package, directory=target.parent)
    except ToolError:
        # A new machine has no package lists; old lists may name a version that no longer exists.
        _apt("update")
        _apt("download", package, directory=target.parent)
    (archive,) = target.parent.glob("*.deb")
    _run("dpkg-deb", "--extract", str(archive), str(target))


def _exists(command: str) -> bool:
    return Path(command).exists() if command.startswith("/") else shutil.which(command) is not None


def _require_apt(packages: list[str]) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise ToolUnavailableError(f"no apt-get to get them with: install {', '.join(packages)}")


def _apt(*arguments: str, directory: Path | None = None) -> None:
    _run("apt-get", "-qq", *arguments, directory=directory)


def _run(*command: str, directory: Path | None = None) -> None:
    # RUNLEVEL=1 keeps apt from starting a package's service.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ToolError(f"{' '.join(command)}: {done.stderr.strip()}")
