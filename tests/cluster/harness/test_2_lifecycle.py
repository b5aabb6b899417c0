"""The cluster stops without a trace, and starts again whatever a crash left.

These tests stop the running cluster. They therefore run only if `CLUSTER_LIFECYCLE` is set, and
after the tests that need the cluster.
"""

import os
import signal
from collections.abc import Iterator

import pytest

from support.cluster import lifecycle, node
from support.cluster.kubectl import kubectl
from support.cluster.traces import changes, traces

pytestmark = pytest.mark.skipif(
    "CLUSTER_LIFECYCLE" not in os.environ, reason="ends the running cluster: set CLUSTER_LIFECYCLE"
)


@pytest.fixture(autouse=True)
def _down() -> Iterator[None]:
    lifecycle.down()
    yield
    lifecycle.down()


def test_down_leaves_nothing_behind() -> None:
    before = traces()
    lifecycle.up()
    assert changes(before, traces()).keys() >= {"processes", "interfaces", "routes", "cgroups"}
    lifecycle.down()
    assert changes(before, traces()) == {}


def test_down_without_a_cluster_does_nothing() -> None:
    before = traces()
    lifecycle.down()
    assert changes(before, traces()) == {}


def test_a_second_up_changes_nothing() -> None:
    lifecycle.up()
    pid = node.find()
    lifecycle.up()
    assert node.find() == pid


@pytest.mark.parametrize("victim", ["kube-apiserver", "kubelet", "containerd"])
def test_up_replaces_a_cluster_with_a_failed_component(victim: str) -> None:
    lifecycle.up()
    node.run("sh", "-c", f"kill -KILL $(cat /run/{victim}.pid)")
    assert not lifecycle.is_up()
    lifecycle.up()
    assert kubectl("get", "--raw=/readyz") == "ok"


def test_down_removes_what_a_killed_node_left() -> None:
    before = traces()
    lifecycle.up()
    pid = node.find()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    lifecycle.down()
    assert changes(before, traces()) == {}
