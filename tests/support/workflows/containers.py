"""Runs a Workflow's containers from the built images, hardened as in the manifests.

They use this machine's network, where the tests' services listen.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.images.engine import tool
from support.workflows.runner import Container, Ended

_SECONDS = 1200


@dataclass(frozen=True)
class Containers:
    """Runs each container from its image.

    Attributes:
        references: the built images, by the references in the manifests.
    """

    references: Mapping[str, str]

    def run(self, container: Container) -> Ended:
        """Runs the container to its end."""
        with tempfile.NamedTemporaryFile() as termination:
            mounts = {**container.mounts, "/dev/termination-log": Path(termination.name)}
            for path in mounts.values():
                _open(path)
            done = tool(
                "podman", "run", "--rm", "--read-only", "--read-only-tmpfs=false",
                "--network", "host", "--cap-drop", "all", "--security-opt", "no-new-privileges",
                *(f"--env={name}={value}" for name, value in container.env.items()),
                *(f"--volume={path}:{place}" for place, path in mounts.items()),
                self.references[container.image], *container.command,
                timeout=_SECONDS,
            )  # fmt: skip
            words = Path(termination.name).read_text()
        return Ended(done.returncode, done.stdout + done.stderr, words)


def _open(path: Path) -> None:
    """Makes the directory writable for the image's user; on a cluster, `fsGroup` does this."""
    path.chmod(0o777 if path.is_dir() else 0o666)
    for file in path.iterdir() if path.is_dir() else ():
        _open(file)
