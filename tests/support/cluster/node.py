"""The node: a process tree in its own namespaces.

Its process 1 holds PID, mount, network, IPC and UTS namespaces. When that process ends, the kernel
kills all others and removes the mounts, interfaces, routes, rules and containers. A crashed run is
therefore cleaned up like any other. The kernel does not remove the state directory and the cgroups.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from support.cluster.layout import CACHE, CGROUP, HOST_LINK, NODE_STATE, SOURCE, STATE
from support.cluster.waiting import wait_for

_MARK = "stockfeed-cluster-node"
_SETUP = SOURCE / "node.sh"
_NAMESPACES = ("--pid", "--mount", "--net", "--ipc", "--uts")


class NodeError(Exception):
    """The node does not run, or a command in it failed."""


def find() -> int | None:
    """Returns the host's PID of the node's process 1, or None if the node does not run."""
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if (directory / "cmdline").read_bytes().split(b"\0")[1:2] == [_MARK.encode()]:
                return int(directory.name)
        except OSError:
            continue  # the process has ended meanwhile
    return None


def create(process_1: str) -> int:
    """Starts the node and returns the host's PID of its process 1.

    Args:
        process_1: path of the program of process 1 inside the node.

    Raises:
        NodeError: the node did not start; the message contains its output.
    """
    for hierarchy in _hierarchies():
        (hierarchy / CGROUP).mkdir(exist_ok=True)
    STATE.mkdir(parents=True, exist_ok=True)
    command = ["unshare", *_NAMESPACES, "--fork", "--mount-proc", "--propagation", "private"]
    command += [*map(str, (_SETUP, CACHE, STATE, NODE_STATE, process_1)), _MARK]
    log = STATE / "node.log"
    with log.open("w") as out:
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        return wait_for("the node's process 1", find, seconds=10)
    except TimeoutError as error:
        raise NodeError(f"{error}: {log.read_text().strip()}") from error


def command(arguments: Sequence[str]) -> list[str]:
    """Returns the command line that runs `arguments` inside the node.

    Raises:
        NodeError: the node does not run.
    """
    pid = find()
    if pid is None:
        raise NodeError("the cluster does not run: `make cluster-up` starts it")
    return ["nsenter", f"--target={pid}", *_NAMESPACES, "--", *arguments]


def run(*arguments: str) -> str:
    """Runs a command inside the node and returns its output.

    Raises:
        NodeError: the command failed; the message contains its error output.
    """
    done = subprocess.run(command(arguments), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NodeError(f"{' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def destroy() -> None:
    """Stops the node, if it runs, and removes everything that it or a crashed node left."""
    pid = find()
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        wait_for("the node's processes to end", lambda: find() is None, seconds=30)
    # The kernel removes a network namespace some time after its last process has ended.
    cable = Path("/sys/class/net") / HOST_LINK
    wait_for("the node's network to go", lambda: not cable.exists(), seconds=30)
    for hierarchy in _hierarchies():
        _remove_cgroup(hierarchy / CGROUP)
    if STATE.exists():
        wait_for("the state directory to go", _remove_state, seconds=30)
        with suppress(OSError):  # the directory is not empty
            STATE.parent.rmdir()


def _hierarchies() -> list[Path]:
    """Returns the mount points of cgroups: one per controller in version 1, one in version 2."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return [Path(mount[1]) for mount in mounts if mount[2] in {"cgroup", "cgroup2"}]


def _remove_cgroup(group: Path) -> None:
    if not group.exists():
        return
    for child in sorted(group.rglob("*/"), reverse=True):  # children before parents
        _remove_empty(child)
    _remove_empty(group)


def _remove_empty(group: Path) -> None:
    def removed() -> bool:
        try:
            group.rmdir()
        except FileNotFoundError:
            pass
        except OSError:  # its last process is still ending
            return False
        return True

    wait_for(f"the cgroup {group} to be empty", removed, seconds=30)


def _remove_state() -> bool:
    shutil.rmtree(
        STATE, ignore_errors=True
    )  # a mount that is being removed keeps its directory busy
    return not STATE.exists()
