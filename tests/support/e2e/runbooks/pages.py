"""A runbook's commands, as its reader copies them."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from support.cluster.layout import KUBECONFIG
from support.tools.programs import kubectl

RUNBOOKS = Path(__file__).parents[4] / "docs" / "runbooks"
# The repair of some pages, run with the repairs.
RESTART_CONSUMER = (
    'kubectl rollout restart deployment/"$FEED-$GROUP-consumer" --namespace "$NAMESPACE"'
)
_SECONDS = 120
# There is no Strimzi on this cluster, so lists of what is its own are empty.
_STRIMZI = ("kafkausers", "strimzi.io/kind=Kafka")


def commands(alert: str) -> list[str]:
    """What an alert's page asks kubectl, on one line each; other commands need what is not here."""
    page = re.sub(r"Burn(Fast|Slow)$", "Burn", alert)
    text = (RUNBOOKS / f"{page}.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("kubectl ") and line != RESTART_CONSUMER]


def run(command: str, variables: Mapping[str, str], *, may_be_empty: bool = False) -> str:
    """What a shell's command writes.

    Args:
        command: of a page.
        variables: what its reader fills in.
        may_be_empty: there may be nothing of what it lists.

    Raises:
        AssertionError: it failed, or wrote nothing.
    """
    tools = kubectl()
    # Its file has its version in its name.
    shell = f'kubectl() {{ "{tools}" "$@"; }}\n{command}'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", shell],
        env={**os.environ, "KUBECONFIG": str(KUBECONFIG), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    # `kubectl auth can-i` ends with 1 where it answers no.
    assert done.returncode == 0 or done.stdout.strip() == "no", (
        f"{command}\n{done.stdout}{done.stderr}"
    )
    may_be_empty = may_be_empty or any(part in command for part in _STRIMZI)
    assert done.stdout.strip() or may_be_empty, f"{command}\nwrote nothing; {done.stderr}"
    return done.stdout
