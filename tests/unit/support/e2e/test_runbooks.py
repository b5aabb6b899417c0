"""The outages of the cluster tests cover all alerts."""

from pathlib import Path

from cluster.e2e.runbooks.conftest import OUTAGES
from cluster.e2e.runbooks.test_2_operator import ALERTS

_RULES = Path(__file__).parents[4] / "charts" / "stockfeed-operator" / "rules" / "alerts"


def test_every_alert_has_an_outage() -> None:
    walked = {alert for outage in OUTAGES for alert in outage.alerts} | set(ALERTS)
    assert walked == {file.stem for file in _RULES.glob("*.yaml")}


def test_outages_wait_for_their_own_alerts_only() -> None:
    assert all(outage.resolved_by_repair <= {*outage.alerts} for outage in OUTAGES)
