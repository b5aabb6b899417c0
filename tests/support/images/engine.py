"""Builds the project's images and runs them as a cluster would, on a machine without Docker.

Everything goes through `containers.sh`, which needs root on Linux. Also a program: it prints the
table of the images' sizes.
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
    """Runs a command of podman or buildah on the images' own storage; its exit code is not judged.

    Args:
        command: as on a command line.
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
    """The base image's name; made on first use, in about two minutes."""
    return _ask(str(_HERE / "base.sh"), timeout=_BUILD_SECONDS)


@functools.cache
def build(image: str) -> str:
    """Builds one of `IMAGES` by `images/build.sh`; layers of earlier builds are used again.

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
    """How a container is run: as hardened as the charts do it.

    Args:
        env: the container's variables.
        volumes: host directories and where they are mounted.
        network: `none` has a loopback alone; `host` is this machine's.
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
    """Runs a command to its end in a container of its own; `how` as for `options`."""
    return tool("podman", "run", "--rm", *options(**how), reference, *command, timeout=timeout)


@dataclass(frozen=True)
class Container:
    """A container that runs in the background."""

    name: str

    def exec(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs another command inside."""
        return tool("podman", "exec", self.name, *command)

    def stop(self, seconds: int = 30) -> int:
        """Sends SIGTERM, and SIGKILL after the time; gives the exit code (137: killed)."""
        _ask("podman", "stop", "--time", str(seconds), self.name)
        return int(_ask("podman", "inspect", "--format", "{{.State.ExitCode}}", self.name))

    def logs(self) -> str:
        """All that it wrote."""
        result = tool("podman", "logs", self.name)
        return result.stdout + result.stderr

    def until(self, *command: str, seconds: float = 120) -> str:
        """The output of a command inside, once it succeeds.

        Raises:
            TimeoutError: with the container's own output.
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
    """A container in the background, removed in the end; `how` as for `options`."""
    name = f"stockfeed-test-{uuid.uuid4().hex[:12]}"
    _ask("podman", "run", "--detach", "--name", name, *options(**how), reference, *command)
    try:
        yield Container(name)
    finally:
        tool("podman", "rm", "--force", "--time", "0", name)


def inspect(reference: str) -> dict[str, Any]:
    """What the engine knows of an image."""
    found: dict[str, Any] = json.loads(_ask("podman", "image", "inspect", reference))[0]
    return found


def history(reference: str) -> str:
    """The commands that made an image, a line each."""
    return _ask("podman", "history", "--no-trunc", "--format", "{{.CreatedBy}}", reference)


def compressed_bytes(reference: str) -> int:
    """What a node pulls: the layers as a registry holds them, base included."""
    with tempfile.TemporaryDirectory() as directory:
        _ask(
            "podman", "push", "--quiet", "--compress",
            reference, f"dir:{directory}", timeout=_BUILD_SECONDS,
        )  # fmt: skip
        manifest = json.loads((Path(directory) / "manifest.json").read_text())
    return sum(int(layer["size"]) for layer in manifest["layers"])


def sizes() -> str:
    """A Markdown table of the images' sizes in MB (10⁶ bytes), the base's in the last row."""
    named = {f"`stockfeed/{image}`": build(image) for image in IMAGES} | {"the base": base()}
    rows = [
        f"| {name} | {compressed_bytes(reference) / 1e6:.0f} "
        f"| {inspect(reference)['Size'] / 1e6:.0f} |"
        for name, reference in named.items()
    ]
    return "\n".join(["| image | pulled, MB | unpacked, MB |", "|---|---:|---:|", *rows])


if __name__ == "__main__":
    print(sizes())
