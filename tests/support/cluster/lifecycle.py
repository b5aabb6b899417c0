"""Starts and stops the cluster, and reports its state."""

import fcntl
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from support.cluster import components, gotools, images, network, node, pki, storage
from support.cluster.components import Component
from support.cluster.kubectl import KubectlError, apply, apply_file, kubectl
from support.cluster.layout import CACHE, KUBECONFIG, LOGS, NODE_NAME, SOURCE, STATE
from support.cluster.waiting import wait_for
from support.tools import debian

_TOOLS = (gotools.PAUSE, gotools.KUBERNETES, gotools.ETCD, gotools.COREDNS)
# Debian packages of the commands that the node needs.
_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
    "nsenter": "util-linux",
}


def up() -> None:
    """Starts the cluster, building its tools first if needed; does nothing if it is up.

    Raises:
        ToolError: a program cannot be built, or a Debian package cannot be installed.
        NodeError: a component exits or does not become ready; the message includes the end of its
            log.
    """
    with _locked():
        if is_up():
            return
        debian.install(_PACKAGES)
        for tool in _TOOLS:
            tool.build()
        gotools.remove_outdated()
        node.destroy()  # remains of a run that crashed
        began = time.monotonic()
        _start()
    print(f"the cluster is up after {time.monotonic() - began:.0f} s", file=sys.stderr)


def down() -> None:
    """Stops the cluster and removes everything that it created, except the built tools."""
    with _locked():
        node.destroy()


@contextmanager
def _locked() -> Iterator[None]:
    """Locks out other callers: a machine has one cluster, shared by all users of this module."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_up() -> bool:
    """Returns whether every component runs and the API server is ready."""
    return node.find() is not None and not _stopped() and _api_server_ready()


def status() -> str:
    """Returns the state of all components, nodes and pods as text."""
    if node.find() is None:
        return "down"
    lines = [
        f"{'runs' if components.running(part) else 'STOPPED':8} {part.name}" for part in _all()
    ]
    lines += ["", f"export KUBECONFIG={KUBECONFIG}", f"logs: {LOGS}", ""]
    if _api_server_ready():
        lines.append(kubectl("get", "nodes,pods", "--all-namespaces", "--output=wide"))
    return "\n".join(lines)


def _start() -> None:
    pid = node.create(components.program(gotools.PAUSE, "pause"))
    _write_files()
    network.connect(pid)
    etcd, api_server, *deciders = components.control_plane()
    containerd, *workers = components.worker()
    for part in (etcd, api_server, containerd):
        components.start(part)
    _wait_until("the API server answers", _api_server_ready, api_server)
    for part in (*deciders, *workers):
        components.start(part)
    images.load(images.PAUSE_IMAGE)
    images.load(images.COREDNS_IMAGE)
    apply(storage.manifests())
    apply_file(SOURCE / "manifests" / "coredns.yaml")
    _wait_for_pods()


def _write_files() -> None:
    shutil.copytree(SOURCE / "config", STATE / "config")
    pki.write(STATE / "pki")
    storage.make_directories()
    shutil.copy(STATE / "pki" / "admin.kubeconfig", KUBECONFIG)


def _wait_for_pods() -> None:
    wait_for("the node to register", _node_registered, seconds=60)
    kubectl("wait", f"node/{NODE_NAME}", "--for=condition=Ready", "--timeout=60s")
    kubectl("rollout", "status", "deployment/coredns", "--namespace=kube-system", "--timeout=90s")
    # The API server rejects a pod that is created before its namespace's ServiceAccount.
    wait_for("the default ServiceAccount", lambda: _exists("serviceaccount/default"), seconds=30)


def _wait_until(what: str, probe: Callable[[], bool], part: Component) -> None:
    try:
        wait_for(what, lambda: probe() or not components.running(part), seconds=90)
    except TimeoutError as error:
        raise node.NodeError(f"{error}; {_end_of_log(part)}") from error
    if not components.running(part):
        raise node.NodeError(f"{part.name} has ended; {_end_of_log(part)}")


def _end_of_log(part: Component) -> str:
    log = LOGS / f"{part.name}.log"
    tail = log.read_text(errors="replace").splitlines()[-5:]
    return "\n".join([f"the end of {log}:", *tail])


def _api_server_ready() -> bool:
    try:
        return kubectl("get", "--raw=/readyz", "--request-timeout=5s") == "ok"
    except KubectlError:
        return False


def _node_registered() -> bool:
    return _exists(f"node/{NODE_NAME}")


def _exists(what: str) -> bool:
    try:
        kubectl("get", what)
    except KubectlError:
        return False
    return True


def _all() -> tuple[Component, ...]:
    return (*components.control_plane(), *components.worker())


def _stopped() -> list[str]:
    return [part.name for part in _all() if not components.running(part)]
