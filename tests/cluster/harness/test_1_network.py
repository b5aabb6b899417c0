"""Pods reach Services by name, the host reaches Services, and no pod reaches the outside."""

import urllib.error
import urllib.request

import pytest

from support.cluster import images
from support.cluster.kubectl import KubectlError, apply, kubectl
from support.cluster.waiting import wait_for

_SERVER = "server"


@pytest.fixture(scope="module")
def server(namespace: str) -> str:
    """A pod that responds on port 80 of a Service with the same name."""
    metadata = {"name": _SERVER, "namespace": namespace}
    labels = {"app": _SERVER}
    container = {
        "name": "main",
        "image": images.AGNHOST_IMAGE.image,
        "args": ["netexec", "--http-port=8080"],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1},
    }
    pod = {"metadata": metadata | {"labels": labels}, "spec": {"containers": [container]}}
    service = {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}
    apply(
        [
            {"apiVersion": "v1", "kind": "Pod", **pod},
            {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service},
        ]
    )
    kubectl("wait", f"pod/{_SERVER}", "--for=condition=Ready", f"--namespace={namespace}")
    wait_for("kube-proxy to route to the pod", lambda: _hostname(namespace), seconds=30)
    return namespace


@pytest.mark.parametrize(
    "address",
    [
        "kubernetes.default.svc.cluster.local:443",
        "kubernetes.default:443",
        "server.harness:80",  # its own Service, through the bridge and back
    ],
)
def test_pod_reaches_a_service_by_name(server: str, address: str) -> None:
    _connect(server, address)


@pytest.mark.parametrize(
    ("address", "error"),
    [
        pytest.param("203.0.113.1:443", "OTHER: .*unreachable|OTHER: .*no route", id="address"),
        pytest.param("example.com:443", "DNS: ", id="name"),
    ],
)
def test_connections_to_the_outside_are_refused_immediately(
    server: str, address: str, error: str
) -> None:
    with pytest.raises(KubectlError, match=error):
        _connect(server, address)


def test_host_reaches_a_service(server: str) -> None:
    assert _hostname(server) == _SERVER


def _hostname(namespace: str) -> str | None:
    """Returns the Service's response to the host; None if the connection is refused."""
    where = "--output=jsonpath={.spec.clusterIP}"
    address = kubectl("get", f"service/{_SERVER}", f"--namespace={namespace}", where)
    try:
        with urllib.request.urlopen(f"http://{address}/hostname", timeout=10) as response:
            answer: bytes = response.read()
    except urllib.error.URLError:
        return None
    return answer.decode()


def _connect(namespace: str, address: str) -> None:
    agnhost = ("agnhost", "connect", address, "--timeout=10s")
    kubectl("exec", _SERVER, f"--namespace={namespace}", "--", *agnhost)
