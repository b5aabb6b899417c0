"""Containers as processes of this environment: their paths become the directories mounted there."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.workflows.runner import Container, Ended


@dataclass(frozen=True)
class Processes:
    """Runs each container's command as a process.

    There is no termination log in a process, so messages come from logs, as they do for a
    container that wrote none.

    Attributes:
        image_env: what the images set.
    """

    image_env: Mapping[str, str]

    def run(self, container: Container) -> Ended:
        program, *arguments = (_moved(part, container.mounts) for part in container.command)
        here = Path(sys.executable).parent
        env = {name: _moved(value, container.mounts) for name, value in container.env.items()}
        done = subprocess.run(
            [str(here / program), *arguments],
            env={"PATH": str(here), "TMPDIR": env["HOME"], **self.image_env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout)


def _moved(text: str, mounts: Mapping[str, Path]) -> str:
    """A path inside of a mount, as it is on this machine; anything else as it is."""
    for path, directory in mounts.items():
        if text == path or text.startswith(f"{path}/"):
            return f"{directory}{text.removeprefix(path)}"
    return text
