"""ui.sh: three port-forwards, their addresses and logins, until Ctrl-C."""

import base64
import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from stockfeed_local.stack.ports import free_ports
from support.kind.world import World


def secret(world: World, namespace: str, name: str, **values: str) -> None:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    world.api.add("secrets", namespace, name, data=data)


@pytest.fixture
def ready(world: World) -> World:
    """A cluster with the Secrets of the logins."""
    (world.home / "clusters").write_text("stockfeed\n")
    grafana = {"admin-user": "admin", "admin-password": "for-grafana"}
    secret(world, "monitoring", "kube-prometheus-stack-grafana", **grafana)
    secret(world, "stocks", "minio-root", rootUser="root", rootPassword="for-minio")
    return world


@pytest.fixture
def ports() -> dict[str, str]:
    return dict(
        zip(("ARGO_PORT", "GRAFANA_PORT", "MINIO_PORT"), map(str, free_ports(3)), strict=True)
    )


@pytest.fixture
def running(ready: World, ports: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with ready.start("ui.sh", **ports) as process:
        yield process
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def lines_until(process: subprocess.Popen[str], last: str) -> str:
    assert process.stdout is not None
    found = []
    for line in process.stdout:
        found.append(line)
        if last in line:
            break
    return "".join(found)


def test_prints_addresses_and_logins_and_ends_on_ctrl_c(
    running: subprocess.Popen[str], ports: dict[str, str]
) -> None:
    said = lines_until(running, "Ctrl-C")

    assert f"http://127.0.0.1:{ports['ARGO_PORT']}/workflows/stocks  no login" in said
    assert f"http://127.0.0.1:{ports['GRAFANA_PORT']}  user admin, password for-grafana" in said
    assert f"http://127.0.0.1:{ports['MINIO_PORT']}  user root, password for-minio" in said
    os.killpg(running.pid, signal.SIGINT)  # to the process group, as a terminal does

    assert running.wait(timeout=60) == 0
    for port in ports.values():
        with socket.create_server(("127.0.0.1", int(port))):
            pass


def test_reports_a_forward_that_ends(ready: World, running: subprocess.Popen[str]) -> None:
    lines_until(running, "Ctrl-C")
    forwards = [call for call in ready.calls("kubectl") if call[3] == "port-forward"]
    assert [call[call.index("--namespace") + 1] for call in forwards] == [
        "argo",
        "monitoring",
        "stocks",
    ]
    listing = ["ps", "--ppid", str(running.pid), "--format", "pid="]
    children = subprocess.run(listing, capture_output=True, text=True, check=True)

    os.kill(int(children.stdout.split()[0]), signal.SIGKILL)

    assert running.wait(timeout=60) == 1
    assert running.stderr is not None
    assert "run `make ui` again" in running.stderr.read()


def test_reports_a_port_in_use_and_how_to_choose_another(
    ready: World, ports: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", int(ports["GRAFANA_PORT"]))):
        done = ready.run("ui.sh", **ports)

    assert done.returncode == 1
    assert f"port {ports['GRAFANA_PORT']} is taken" in done.stderr
    assert "make ui GRAFANA_PORT=" in done.stderr


def test_names_an_unreachable_service(ready: World, ports: dict[str, str]) -> None:
    (ready.home / "bin" / "kubectl").write_text("#!/bin/sh\nexit 1\n")

    done = ready.run("ui.sh", **ports)

    assert done.returncode == 1
    assert "service/argo-workflows-server in namespace argo cannot be reached" in done.stderr


def test_without_a_cluster_it_names_the_command(world: World) -> None:
    done = world.run("ui.sh")

    assert done.returncode == 1
    assert "run `make kind-up` first" in done.stderr
