"""All outages at once, so that their waits overlap; lower thresholds make them short."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.cluster.platform import install
from support.cluster.platform.install import ON_KIND
from support.e2e.feeds import RUN
from support.e2e.kube import Kube
from support.e2e.monitoring import Monitoring
from support.e2e.runbooks.of_kafka import Certificate, Size
from support.e2e.runbooks.of_landing import Bucket, Lost, Stopped
from support.e2e.runbooks.of_loads import Chain, Daily, Images, Slow, Taken
from support.e2e.runbooks.of_source import Answers, Key, Market, Spec
from support.e2e.runbooks.outage import SYMBOLS, Outage, Ward, ask_for_a_token
from support.e2e.tapes import start_tape, wait_for_tape

# In the order in which their alerts come. An older feed's schema is what another one takes.
OUTAGES: tuple[type[Outage], ...] = (
    *(Slow, Chain, Taken, Daily, Size, Stopped),
    *(Answers, Key, Market, Spec, Images, Lost, Bucket, Certificate),
)
_THRESHOLDS = {"sourceStaleSeconds": 60, "staleSeconds": 120, "suppressedRuns": 1, "lagSeconds": 90}


@pytest.fixture(scope="session")
def ward(kube: Kube, monitoring: Monitoring) -> Iterator[Ward]:
    """The quote servers and the rules."""
    if ON_KIND:
        pytest.skip("the outages are of the stand-ins on our own cluster, not of kind's platform")
    install.operator(*(f"--set=rules.thresholds.{name}={n}" for name, n in _THRESHOLDS.items()))
    server = start_tape(kube, f"rb-tape-{RUN}", dict.fromkeys(SYMBOLS, 2000))
    strict = start_tape(kube, f"rb-strict-{RUN}", {"AAPL": 2000})
    for tape in (server, strict):
        wait_for_tape(tape)
    ask_for_a_token(strict)
    yield Ward(kube, monitoring, server, strict)
    install.operator()


@pytest.fixture(scope="session")
def outages(ward: Ward) -> dict[str, Outage]:
    """All of them, made, by name."""
    made = {kind.__name__: kind(ward) for kind in OUTAGES}
    for outage in made.values():
        outage.start()
    with ThreadPoolExecutor(len(made)) as threads:
        for done in [threads.submit(outage.make) for outage in made.values()]:
            done.result()
    return made
