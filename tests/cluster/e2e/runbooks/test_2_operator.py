"""Outages of the operator itself, which affect all feeds."""

from collections.abc import Iterator

import pytest

from support.cluster.platform import install
from support.e2e.kube import Kube
from support.e2e.monitoring import Monitoring
from support.e2e.runbooks import pages
from support.e2e.runbooks.outage import Outage

ERRORING, DOWN = ALERTS = ("StockFeedOperatorErroring", "StockFeedOperatorDown")
_NAME = "stockfeed-operator"
_ALERT_SECONDS = 300
_HEALING_SECONDS = 240
_VARIABLES = {"OPERATOR_NAMESPACE": "stockfeed", "NAMESPACE": "stocks", "ACCOUNT": _NAME}


@pytest.fixture
def healthy() -> Iterator[None]:
    """Runs `helm upgrade` at the end, which is the repair of both runbooks."""
    yield
    install.operator()


@pytest.mark.usefixtures("healthy")
def test_missing_cluster_role(
    kube: Kube, monitoring: Monitoring, outages: dict[str, Outage]
) -> None:
    kube.delete("ClusterRole", _NAME)
    monitoring.wait_for_alert(ERRORING, "", _ALERT_SECONDS)
    for command in pages.commands(ERRORING):
        pages.run(command, _VARIABLES)
    install.operator()
    feed = outages["Answers"].feed
    feed.change(suspend=True)
    feed.wait("Ready", "True", _HEALING_SECONDS, "Suspended")


@pytest.mark.usefixtures("healthy")
def test_no_operator_running(monitoring: Monitoring, outages: dict[str, Outage]) -> None:
    assert outages
    install.operator("--set=replicas=0")
    monitoring.wait_for_alert(DOWN, "", _ALERT_SECONDS)
    for command in pages.commands(DOWN):
        pages.run(command, _VARIABLES, may_be_empty=True)
