"""Outages are made, their alerts come, the pages' commands work, and the pages' repairs heal.

An alert that is pending is enough: what it then waits for is its time, which promtool tests.
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
def test_the_alert_comes_and_the_pages_commands_work(
    outages: dict[str, Outage], monitoring: Monitoring, outage: str, alert: str
) -> None:
    of = outages[outage]
    monitoring.wait_for_alert(alert, of.feed.name, _ALERT_SECONDS)
    variables = of.variables(of.group_of(alert))
    for command in pages.commands(alert):
        pages.run(command, variables, may_be_empty=of.starts_nothing)


def test_the_pages_repairs_heal(outages: dict[str, Outage]) -> None:
    """Each repair is the page's; where an alert looks at now, it ends."""
    for outage in outages.values():
        outage.repair()
    with ThreadPoolExecutor(len(outages)) as threads:
        for done in [threads.submit(outage.healed) for outage in outages.values()]:
            done.result()
