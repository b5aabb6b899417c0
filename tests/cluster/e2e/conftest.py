"""The cluster with everything installed, once per test run, and what is kept of a run."""

import os
import subprocess
from pathlib import Path

import pytest

from support.cluster.layout import KUBECONFIG
from support.cluster.platform.install import ON_KIND
from support.e2e.figures import Figures
from support.e2e.kube import Kube
from support.e2e.leftovers import clear
from support.e2e.monitoring import Monitoring

ROOT = Path(__file__).parents[3]
LOGS = ROOT / "build" / "e2e-logs"
_FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Figures()


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """Collects the tests' measurements."""
    return request.config.stash[_FIGURES]


@pytest.fixture(scope="session")
def kube() -> Kube:
    """The cluster that `support.cluster.platform.install` or `make kind-up` created."""
    if ON_KIND:
        return Kube(None)
    kube = Kube(str(KUBECONFIG))
    clear(kube)
    return kube


@pytest.fixture(scope="session")
def monitoring(kube: Kube) -> Monitoring:
    """The cluster's Prometheus."""
    return Monitoring(kube)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keeps the logs of all pods if a test failed."""
    if exitstatus == pytest.ExitCode.TESTS_FAILED:
        LOGS.mkdir(parents=True, exist_ok=True)
        own = {} if ON_KIND else {"KUBECONFIG": str(KUBECONFIG)}
        script = ROOT / "tests/support/e2e/logs.sh"
        subprocess.run([script, str(LOGS)], env={**os.environ, **own}, check=False)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints the measurements."""
    lines = config.stash[_FIGURES].lines()
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.line(line)
