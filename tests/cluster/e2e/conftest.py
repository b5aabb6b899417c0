"""The cluster with everything installed, once per run, and what is kept of a run."""

import os
import subprocess

import pytest

from cluster.e2e.figures import ROOT, Figures
from cluster.e2e.kube import Kube
from cluster.e2e.leftovers import clear
from cluster.e2e.reach import ON_KIND
from cluster.layout import KUBECONFIG
from cluster.platform import install

LOGS = ROOT / "build" / "e2e-logs"
_FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Figures()


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where tests put what they measure."""
    return request.config.stash[_FIGURES]


@pytest.fixture(scope="session")
def kube() -> Kube:
    """The cluster, with platform and operator; what `make kind-up` made stays as it is."""
    if ON_KIND:
        return Kube(None)
    install.install()
    kube = Kube(str(KUBECONFIG))
    clear(kube)
    return kube


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keeps the logs of all pods of a run that failed."""
    if exitstatus == pytest.ExitCode.TESTS_FAILED:
        LOGS.mkdir(parents=True, exist_ok=True)
        own = {} if ON_KIND else {"KUBECONFIG": str(KUBECONFIG)}
        script = ROOT / "tests/cluster/e2e/logs.sh"
        subprocess.run([script, str(LOGS)], env={**os.environ, **own}, check=False)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints what was measured."""
    lines = config.stash[_FIGURES].lines()
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.line(line)
