"""The node's processes: how each is started, and whether it runs.

Paths are those inside the node, where /var is the state directory.
"""

import subprocess
from dataclasses import dataclass

from support.cluster import gotools, node
from support.cluster.layout import API_PORT, NODE_IP, NODE_NAME, NODE_STATE, SERVICE_BLOCK
from support.tools.go import GoTool

_PKI = NODE_STATE / "pki"
_CONFIG = NODE_STATE / "config"
_NO_LEADER_ELECTION = "--leader-elect=false"  # there is one instance of each
_START = '"$@" >> "/var/log/$0.log" 2>&1 & echo $! > "/run/$0.pid"'


@dataclass(frozen=True)
class Component:
    """A process of the node.

    Attributes:
        name: name of its log and its PID file.
        command: program and arguments.
    """

    name: str
    command: tuple[str, ...]


def start(component: Component) -> None:
    """Starts the component in the background, as a child of the node's process 1."""
    arguments = ["setsid", "sh", "-c", _START, component.name, *component.command]
    subprocess.run(node.command(arguments), stdin=subprocess.DEVNULL, check=True)


def program(tool: GoTool, name: str) -> str:
    """Returns the path of a tool's program inside the node."""
    return str(NODE_STATE / "tools" / tool.directory().name / name)


def running(component: Component) -> bool:
    """Returns whether the component's process is alive."""
    script = f'kill -0 "$(cat /run/{component.name}.pid)"'
    done = subprocess.run(node.command(["sh", "-c", script]), capture_output=True, check=False)
    return done.returncode == 0


def control_plane() -> tuple[Component, ...]:
    """Returns etcd, the API server and the controllers, in start order."""
    return _etcd(), _api_server(), _controller_manager(), _scheduler()


def worker() -> tuple[Component, ...]:
    """Returns containerd, kubelet and kube-proxy, in start order."""
    return _containerd(), _kubelet(), _proxy()


def _etcd() -> Component:
    etcd = program(gotools.ETCD, "server")  # etcd's main package is called `server`
    data = (
        "--data-dir=/var/lib/etcd",
        "--unsafe-no-fsync",
    )  # the data need not survive a crash of the machine
    return Component("etcd", (etcd, *data, "--log-level=warn"))


def _api_server() -> Component:
    return Component(
        "kube-apiserver",
        (
            _kubernetes("kube-apiserver"),
            f"--advertise-address={NODE_IP}",
            f"--secure-port={API_PORT}",
            "--etcd-servers=http://127.0.0.1:2379",
            f"--service-cluster-ip-range={SERVICE_BLOCK}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--client-ca-file={_PKI}/ca.crt",
            f"--tls-cert-file={_PKI}/apiserver.crt",
            f"--tls-private-key-file={_PKI}/apiserver.key",
            f"--kubelet-client-certificate={_PKI}/apiserver-kubelet-client.crt",
            f"--kubelet-client-key={_PKI}/apiserver-kubelet-client.key",
            "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={_PKI}/service-account.key",
            f"--service-account-signing-key-file={_PKI}/service-account.key",
        ),
    )


def _controller_manager() -> Component:
    return Component(
        "kube-controller-manager",
        (
            _kubernetes("kube-controller-manager"),
            *_signs_in_as("controller-manager"),
            _NO_LEADER_ELECTION,
            "--use-service-account-credentials",
            f"--root-ca-file={_PKI}/ca.crt",
            f"--service-account-private-key-file={_PKI}/service-account.key",
        ),
    )


def _scheduler() -> Component:
    command = (_kubernetes("kube-scheduler"), *_signs_in_as("scheduler"), _NO_LEADER_ELECTION)
    return Component("kube-scheduler", command)


def _signs_in_as(client: str) -> tuple[str, ...]:
    file = f"{_PKI}/{client}.kubeconfig"
    return (
        f"--kubeconfig={file}",
        f"--authentication-kubeconfig={file}",
        f"--authorization-kubeconfig={file}",
    )


def _containerd() -> Component:
    return Component("containerd", ("containerd", f"--config={_CONFIG}/containerd.toml"))


def _kubelet() -> Component:
    return Component(
        "kubelet",
        (
            _kubernetes("kubelet"),
            f"--config={_CONFIG}/kubelet.yaml",
            f"--kubeconfig={_PKI}/kubelet.kubeconfig",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={NODE_IP}",
        ),
    )


def _proxy() -> Component:
    return Component(
        "kube-proxy", (_kubernetes("kube-proxy"), f"--config={_CONFIG}/kube-proxy.yaml")
    )


def _kubernetes(name: str) -> str:
    return program(gotools.KUBERNETES, name)
