"""Each outage raises its alerts, the runbooks' commands work, and the runbooks' repairs heal it.

A pending alert is enough: promtool tests how long it stays pending.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster.e2e.runbooks.conftest import OUTAGES
from support.e2e.monitoring import Monitoring
from support.e2e.runbooks import pages
from support.e2e.runbooks.outage import Outage

_ALERT_SECONDS = 480
_ALERTS = [(kind.__name__, alert) for kind in OUTAGES for alert in kind.alerts]


@pytest.mark.parametrize(("outage", "alert"), _ALERTS)
def test_alert_is_raised_and_runbook_commands_work(
    outages: dict[str, Outage], monitoring: Monitoring, outage: str, alert: str
) -> None:
    current = outages[outage]
    monitoring.wait_for_alert(alert, current.feed.name, _ALERT_SECONDS)
    variables = current.variables(current.group_for(alert))
    for command in pages.commands(alert):
        pages.run(command, variables, may_be_empty=current.has_no_pods)


def test_runbook_repairs_heal(outages: dict[str, Outage]) -> None:
    """Each repair is the runbook's; alerts that look at the present only resolve."""
    for outage in outages.values():
        outage.repair()
    with ThreadPoolExecutor(len(outages)) as threads:
        for done in [threads.submit(outage.wait_until_healed) for outage in outages.values()]:
            done.result()
