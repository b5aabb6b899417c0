"""The cluster ends without a trace, and comes up again whatever a crash has left of it.

These tests end the cluster that runs, so they run when `CLUSTER_LIFECYCLE` is set, after those that
need it.
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


def test_down_is_content_with_nothing() -> None:
    before = traces()
    lifecycle.down()
    assert changes(before, traces()) == {}


def test_a_second_up_changes_nothing() -> None:
    lifecycle.up()
    pid = node.find()
    lifecycle.up()
    assert node.find() == pid


@pytest.mark.parametrize("victim", ["kube-apiserver", "kubelet", "containerd"])
def test_up_replaces_a_cluster_that_lost_a_component(victim: str) -> None:
    lifecycle.up()
    node.run("sh", "-c", f"kill -KILL $(cat /run/{victim}.pid)")
    assert not lifecycle.is_up()
    lifecycle.up()
    assert kubectl("get", "--raw=/readyz") == "ok"


def test_down_clears_what_a_killed_node_has_left() -> None:
    before = traces()
    lifecycle.up()
    pid = node.find()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    lifecycle.down()
    assert changes(before, traces()) == {}
