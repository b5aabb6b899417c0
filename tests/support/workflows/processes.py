"""Runs a Workflow's containers as processes of this environment, with their mounts mapped."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.workflows.runner import Container, Ended


@dataclass(frozen=True)
class Processes:
    """Runs each container's command as a process.

    A process has no termination log, so messages come from logs, as for a container that wrote
    none.

    Attributes:
        image_env: the environment variables that the images set.
    """

    image_env: Mapping[str, str]

    def run(self, container: Container) -> Ended:
        """Runs the container to its end."""
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
    """Maps a path inside a mount to this machine; returns any other text unchanged."""
    for path, directory in mounts.items():
        if text == path or text.startswith(f"{path}/"):
            return f"{directory}{text.removeprefix(path)}"
    return text
