"""All outages at the same time, so that their waits overlap; lower thresholds shorten the waits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.cluster.platform import install
from support.cluster.platform.install import ON_KIND
from support.e2e.feeds import RUN
from support.e2e.kube import Kube
from support.e2e.monitoring import Monitoring
from support.e2e.runbooks.kafka_outages import Certificate, Size
from support.e2e.runbooks.landing_outages import Bucket, Lost, Stopped
from support.e2e.runbooks.loads_outages import Chain, Daily, Images, Slow, Taken
from support.e2e.runbooks.outage import SYMBOLS, Outage, Testbed, require_token
from support.e2e.runbooks.source_outages import Answers, Key, Market, Spec
from support.e2e.tapes import start_tape, wait_for_tape

# In the order in which their alerts arise. Chain precedes Taken, which uses its schema.
OUTAGES: tuple[type[Outage], ...] = (
    *(Slow, Chain, Taken, Daily, Size, Stopped),
    *(Answers, Key, Market, Spec, Images, Lost, Bucket, Certificate),
)
_THRESHOLDS = {"sourceStaleSeconds": 60, "staleSeconds": 120, "suppressedRuns": 1, "lagSeconds": 90}


@pytest.fixture(scope="session")
def testbed(kube: Kube, monitoring: Monitoring) -> Iterator[Testbed]:
    """The quote servers and the alerts' thresholds."""
    if ON_KIND:
        pytest.skip("the outages are of the stand-ins on our own cluster, not of kind's platform")
    install.operator(*(f"--set=rules.thresholds.{name}={n}" for name, n in _THRESHOLDS.items()))
    server = start_tape(kube, f"rb-tape-{RUN}", dict.fromkeys(SYMBOLS, 2000))
    strict = start_tape(kube, f"rb-strict-{RUN}", {"AAPL": 2000})
    for tape in (server, strict):
        wait_for_tape(tape)
    require_token(strict)
    yield Testbed(kube, monitoring, server, strict)
    install.operator()


@pytest.fixture(scope="session")
def outages(testbed: Testbed) -> dict[str, Outage]:
    """All outages, caused, by name."""
    outages = {kind.__name__: kind(testbed) for kind in OUTAGES}
    for outage in outages.values():
        outage.start()
    with ThreadPoolExecutor(len(outages)) as threads:
        for done in [threads.submit(outage.cause) for outage in outages.values()]:
            done.result()
    return outages
