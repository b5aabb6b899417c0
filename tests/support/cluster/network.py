"""The node's network: a link to the host, and nothing beyond.

Pods get addresses from the CNI's bridge inside the node. The node's default route is `unreachable`,
so that a pod's connection to the outside is refused immediately.
"""

import subprocess

from support.cluster import node
from support.cluster.layout import (
    CLUSTER_BLOCK,
    HOST_IP,
    HOST_LINK,
    NODE_IP,
    NODE_PREFIX,
    SERVICE_BLOCK,
)


def connect(pid: int) -> None:
    """Connects the node, whose process 1 is `pid`, to the host."""
    _ip(f"link add {HOST_LINK} type veth peer name eth0 netns {pid}")
    _ip(f"address add {HOST_IP}/{NODE_PREFIX} dev {HOST_LINK}")
    _ip(f"link set {HOST_LINK} up")
    _inside("link set lo up")
    _inside(f"address add {NODE_IP}/{NODE_PREFIX} dev eth0")
    _inside("link set eth0 up")
    _inside("route add unreachable default")
    # The node's own processes need a route to Services; kube-proxy then rewrites the destination.
    _inside(f"route add {SERVICE_BLOCK} dev lo src {NODE_IP}")
    _ip(f"route add {CLUSTER_BLOCK} via {NODE_IP}")
    for name in ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"):
        node.run("sh", "-c", f"echo 1 > /proc/sys/{name.replace('.', '/')}")


def _ip(arguments: str) -> None:
    done = subprocess.run(["ip", *arguments.split()], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise node.NodeError(f"ip {arguments}: {done.stderr.strip()}")


def _inside(arguments: str) -> None:
    node.run("ip", *arguments.split())
