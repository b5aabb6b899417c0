"""Observes pods and injects faults from inside the node.

Only there can a fault be injected at a known moment: between a request and its response, or between
two writes of a process.
"""

import os
import signal
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from support.cluster import node
from support.e2e.kube import Manifest, until

_ESTABLISHED = "01"
_PAUSE = "pause"


class Queues(NamedTuple):
    """Bytes that wait in a pod's connections with one peer.

    Attributes:
        unacknowledged: sent by the pod's process, and not acknowledged by the peer's machine.
        unread: received from the peer, and not yet read by the pod's process.
    """

    unacknowledged: int
    unread: int


def processes(pod: Manifest) -> list[int]:
    """Returns the PIDs, on this machine, of the pod's processes except its pause process."""
    uid = str(pod["metadata"]["uid"])
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            is_of_pod = uid in (directory / "cgroup").read_text()
            is_pause = (directory / "comm").read_text().strip() == _PAUSE
        except OSError:
            continue  # the process has ended meanwhile
        if is_of_pod and not is_pause:
            found.append(int(directory.name))
    return found


def queues(pod: Manifest, peer: str) -> Queues:
    """Returns the bytes that wait in established connections between pod and IPv4 address."""
    (first, *_) = processes(pod)
    waiting = [
        tuple(int(part, 16) for part in fields[4].split(":"))
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/{first}/net/{table}").read_text().splitlines())
        if fields[3] == _ESTABLISHED and fields[2].split(":")[0].endswith(_as_in_proc(peer))
    ]
    return Queues(sum(sent for sent, _ in waiting), sum(come for _, come in waiting))


def _as_in_proc(address: str) -> str:
    """Returns the address as in /proc/net/tcp, which is also how an IPv6 socket's address ends."""
    return socket.inet_aton(address)[::-1].hex().upper()


@contextmanager
def cut(source: str, target: str, *packets: str) -> Iterator[None]:
    """Drops TCP packets from one pod's address to another's while the block runs.

    Args:
        source: a pod's address.
        target: a pod's address.
        packets: iptables options that select packets; all packets if there are none.
    """
    way = ("--source", source, "--destination", target, "--protocol", "tcp")
    rule = ("FORWARD", *way, *packets, "--jump", "DROP")
    node.run("iptables", "--wait", "--insert", *rule)
    try:
        yield
    finally:
        node.run("iptables", "--wait", "--delete", *rule)


@contextmanager
def frozen(pod: Manifest) -> Iterator[None]:
    """Stops the pod's processes while the block runs; the kernel still accepts data for them."""
    stopped = processes(pod)
    _signal(stopped, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(stopped, signal.SIGCONT)


def kill(running: Iterable[int]) -> None:
    """Kills processes with SIGKILL."""
    _signal(running, signal.SIGKILL)


def wait_for_end(running: Iterable[int]) -> None:
    """Waits until the processes have ended."""
    left = [Path(f"/proc/{pid}") for pid in running]
    until("processes to end", lambda: not any(path.exists() for path in left), 60, pause=0.1)


def _signal(running: Iterable[int], number: signal.Signals) -> None:
    for pid in running:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
