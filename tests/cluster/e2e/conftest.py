"""The cluster with everything installed, once per run, and what is kept of a run."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from cluster.e2e.figures import ROOT, Figures
from cluster.e2e.kube import Kube
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
def kube() -> Iterator[Kube]:
    """The cluster, with platform and operator."""
    install.install()
    yield Kube(str(KUBECONFIG))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keeps the logs of all pods of a run that failed."""
    if exitstatus == pytest.ExitCode.TESTS_FAILED and KUBECONFIG.exists():
        LOGS.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "KUBECONFIG": str(KUBECONFIG)}
        script = ROOT / "tests/cluster/e2e/logs.sh"
        subprocess.run([script, str(LOGS)], env=environment, check=False)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints what was measured."""
    lines = config.stash[_FIGURES].lines()
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.line(line)
