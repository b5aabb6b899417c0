"""A runbook's commands, as its reader copies them."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from support.cluster.layout import KUBECONFIG
from support.tools.programs import kubectl

RUNBOOKS = Path(__file__).parents[4] / "docs" / "runbooks"
# Some pages repair with it; the tests run it with the other repairs.
RESTART_CONSUMER = (
    'kubectl rollout restart deployment/"$FEED-$GROUP-consumer" --namespace "$NAMESPACE"'
)
_SECONDS = 120
# This cluster has no Strimzi, so lists of its objects are empty.
_STRIMZI = ("kafkausers", "strimzi.io/kind=Kafka")


def commands(alert: str) -> list[str]:
    """Returns the kubectl commands of an alert's page, one line each.

    Other commands need tools or services that this cluster does not have.
    """
    page = re.sub(r"Burn(Fast|Slow)$", "Burn", alert)
    text = (RUNBOOKS / f"{page}.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("kubectl ") and line != RESTART_CONSUMER]


def run(command: str, variables: Mapping[str, str], *, may_be_empty: bool = False) -> str:
    """Runs a shell command and returns its output.

    Args:
        command: a command of a page.
        variables: the variables that its reader sets.
        may_be_empty: whether the output may be empty.

    Raises:
        AssertionError: it failed, or its output is empty.
    """
    tools = kubectl()
    # A function, because the file's name includes the version.
    shell = f'kubectl() {{ "{tools}" "$@"; }}\n{command}'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", shell],
        env={**os.environ, "KUBECONFIG": str(KUBECONFIG), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    # `kubectl auth can-i` exits with 1 if the answer is no.
    assert done.returncode == 0 or done.stdout.strip() == "no", (
        f"{command}\n{done.stdout}{done.stderr}"
    )
    may_be_empty = may_be_empty or any(part in command for part in _STRIMZI)
    assert done.stdout.strip() or may_be_empty, f"{command}\nwrote nothing; {done.stderr}"
    return done.stdout
