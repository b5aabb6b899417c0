"""Builds the project's images and runs them as on a cluster, on a machine without Docker.

All commands run through `containers.sh`, which needs root on Linux. Run as a program, this module
prints a table of the images' sizes.
"""

import functools
import json
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

ROOT: Final = Path(__file__).resolve().parents[3]
IMAGES: Final = ("operator", "pipeline", "dbt", "local")
_HERE: Final = Path(__file__).parent
_BUILD_SECONDS: Final = 3600
_RUN_SECONDS: Final = 240


def tool(
    *command: str, timeout: float = _RUN_SECONDS, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a podman or buildah command on the images' own storage; does not check its exit code.

    Args:
        command: the command line.
        timeout: in seconds.
        env: variables added to the command's environment.
    """
    settings = [f"{name}={value}" for name, value in (env or {}).items()]
    return subprocess.run(
        [_HERE / "containers.sh", "env", *settings, *command],
        cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def _ask(*command: str, timeout: float = _RUN_SECONDS, env: Mapping[str, str] | None = None) -> str:
    result = tool(*command, timeout=timeout, env=env)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout.strip()


@functools.cache
def base() -> str:
    """Returns the base image's name; creates the image on first use, in about two minutes."""
    return _ask(str(_HERE / "base.sh"), timeout=_BUILD_SECONDS)


@functools.cache
def build(image: str) -> str:
    """Builds one of `IMAGES` with `images/build.sh`, reusing the layers of earlier builds.

    Returns:
        The image's full reference.
    """
    settings = {"ENGINE": "podman", "BASE": base()}
    return _ask("images/build.sh", image, timeout=_BUILD_SECONDS, env=settings).splitlines()[-1]


def save(references: Sequence[str], file: Path, form: Literal["docker", "oci"] = "docker") -> None:
    """Writes images into one archive, for `ctr images import` or `kind load image-archive`."""
    multiple = ["--multi-image-archive"] if form == "docker" else []
    _ask(
        "podman", "save", "--quiet", *multiple, "--format", f"{form}-archive",
        "--output", str(file), *references,
        timeout=_BUILD_SECONDS,
    )  # fmt: skip


def options(
    env: Mapping[str, str] | None = None,
    volumes: Mapping[Path, str] | None = None,
    network: str = "none",
) -> list[str]:
    """Returns the options of `podman run` that harden a container as the charts do.

    Args:
        env: the container's environment variables.
        volumes: mount paths by host directory.
        network: `none` provides loopback only; `host` is this machine's network.
    """
    return [
        "--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp", "--network", network,
        "--cap-drop", "all", "--security-opt", "no-new-privileges",
        *(f"--env={name}={value}" for name, value in (env or {}).items()),
        *(f"--volume={path}:{mount}" for path, mount in (volumes or {}).items()),
    ]  # fmt: skip


def run(
    reference: str, *command: str, timeout: float = _RUN_SECONDS, **how: Any
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end in a new container.

    Args:
        reference: the image.
        command: the command line.
        timeout: in seconds.
        how: see `options`.
    """
    return tool("podman", "run", "--rm", *options(**how), reference, *command, timeout=timeout)


@dataclass(frozen=True)
class Container:
    """A container that runs in the background."""

    name: str

    def exec(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs another command in the container."""
        return tool("podman", "exec", self.name, *command)

    def stop(self, seconds: int = 30) -> int:
        """Sends SIGTERM, then SIGKILL after `seconds`; returns the exit code (137 if killed)."""
        _ask("podman", "stop", "--time", str(seconds), self.name)
        return int(_ask("podman", "inspect", "--format", "{{.State.ExitCode}}", self.name))

    def logs(self) -> str:
        """Returns the container's output so far."""
        result = tool("podman", "logs", self.name)
        return result.stdout + result.stderr

    def until(self, *command: str, seconds: float = 120) -> str:
        """Repeats a command in the container until it succeeds, and returns its output.

        Raises:
            TimeoutError: it did not succeed in time; the message includes the container's output.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = self.exec(*command)
            if result.returncode == 0:
                return result.stdout.strip()
            time.sleep(0.5)
        raise TimeoutError(f"{' '.join(command)}: {result.stderr}\n{self.logs()}")


@contextmanager
def started(reference: str, *command: str, **how: Any) -> Iterator[Container]:
    """Runs a container in the background and removes it at the end; `how` as for `options`."""
    name = f"stockfeed-test-{uuid.uuid4().hex[:12]}"
    _ask("podman", "run", "--detach", "--name", name, *options(**how), reference, *command)
    try:
        yield Container(name)
    finally:
        tool("podman", "rm", "--force", "--time", "0", name)


def inspect(reference: str) -> dict[str, Any]:
    """Returns the engine's description of an image."""
    found: dict[str, Any] = json.loads(_ask("podman", "image", "inspect", reference))[0]
    return found


def history(reference: str) -> str:
    """Returns the commands that built an image, one per line."""
    return _ask("podman", "history", "--no-trunc", "--format", "{{.CreatedBy}}", reference)


def compressed_bytes(reference: str) -> int:
    """Returns the download size: all layers as a registry stores them, including the base's."""
    with tempfile.TemporaryDirectory() as directory:
        _ask(
            "podman", "push", "--quiet", "--compress",
            reference, f"dir:{directory}", timeout=_BUILD_SECONDS,
        )  # fmt: skip
        manifest = json.loads((Path(directory) / "manifest.json").read_text())
    return sum(int(layer["size"]) for layer in manifest["layers"])


def sizes() -> str:
    """Returns a Markdown table of the images' sizes in MB (10⁶ bytes); the last row is the base."""
    named = {f"`stockfeed/{image}`": build(image) for image in IMAGES} | {"the base": base()}
    rows = [
        f"| {name} | {compressed_bytes(reference) / 1e6:.0f} "
        f"| {inspect(reference)['Size'] / 1e6:.0f} |"
        for name, reference in named.items()
    ]
    return "\n".join(["| image | pulled, MB | unpacked, MB |", "|---|---:|---:|", *rows])


if __name__ == "__main__":
    print(sizes())
